import { breather, openRegular, readAt } from "../files/mod.ts";
import type { ReleaseStore } from "../release/mod.ts";
import type { AdapterCache } from "./adapter_cache.ts";

const BLOCK_BYTES = 1024 * 1024;

/** The same releases; files whose digest is known come from the cache where it has them. */
export function cachedStore(store: ReleaseStore, cache: AdapterCache): ReleaseStore {
  return {
    ...store,
    async download(release, asset, options) {
      const path = asset.digest === undefined ? undefined : await cache.find(asset.digest, options);
      if (asset.digest === undefined || path === undefined) return await store.download(release, asset, options);
      const { sink, signal } = options;
      using file = await openRegular(path, { what: "cached adapter", maxBytes: options.maxBytes });
      const breathe = breather(signal);
      const block = new Uint8Array(BLOCK_BYTES);
      await sink.begin();
      for (let offset = 0;;) {
        const count = readAt(file.file, offset, block);
        if (count === 0) return { digest: asset.digest, sizeBytes: offset, attempts: 1 };
        await sink.write(block.subarray(0, count));
        offset += count;
        await breathe();
      }
    },
  };
}
