import { UPLOAD } from "../limits.ts";

/** A part of a file. */
export interface Part {
  /** From 1. */
  number: number;
  offset: number;
  sizeBytes: number;
}

export interface PartPlan {
  /** Of every part but the last. */
  partBytes: number;
  parts: readonly Part[];
}

/** What the other side takes, in bytes and parts. Default: the bounds of this program. */
export interface PartBounds {
  minPartBytes?: number;
  maxPartBytes?: number;
  maxParts?: number;
}

/** How a file is cut; undefined when it is one part, or when the bounds do not allow any cut. */
export function planParts(sizeBytes: number, bounds: PartBounds = {}): PartPlan | undefined {
  const { minPartBytes = 1, maxPartBytes = Infinity } = bounds;
  const most = Math.min(bounds.maxParts ?? UPLOAD.parts, UPLOAD.parts);
  const wanted = Math.max(UPLOAD.partBytes, Math.ceil(sizeBytes / most), minPartBytes);
  return cutParts(sizeBytes, Math.min(wanted, maxPartBytes), { ...bounds, maxParts: most });
}

/** The same for a size of parts that is given, such as an earlier upload's. */
export function cutParts(sizeBytes: number, partBytes: number, bounds: PartBounds): PartPlan | undefined {
  const { minPartBytes = 1, maxPartBytes = Infinity, maxParts = UPLOAD.parts } = bounds;
  const count = Math.ceil(sizeBytes / partBytes);
  if (partBytes < minPartBytes || partBytes > maxPartBytes || count < 2 || count > maxParts) return undefined;
  const parts = Array.from({ length: count }, (_, index) => {
    const offset = index * partBytes;
    return { number: index + 1, offset, sizeBytes: Math.min(partBytes, sizeBytes - offset) };
  });
  return { partBytes, parts };
}
