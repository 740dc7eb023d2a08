type Progress = (doneBytes: number, totalBytes: number) => void;

/** One progress for downloads that run side by side: the returned function is called once for each. */
export function sumProgress(onProgress: Progress): () => Progress {
  const parts: { done: number; total: number }[] = [];
  return () => {
    const part = { done: 0, total: 0 };
    parts.push(part);
    return (done, total) => {
      Object.assign(part, { done, total });
      onProgress(parts.reduce((sum, one) => sum + one.done, 0), parts.reduce((sum, one) => sum + one.total, 0));
    };
  };
}
