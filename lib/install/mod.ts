/** Getting adapters: who built them is checked before anything of them can be run. */
export { type AdapterCache, cacheFolder, openAdapterCache, pruneCache } from "./adapter_cache.ts";
export { cachedStore } from "./cached_store.ts";
export { fetchAdapter, type FetchedAdapter, type FetchOptions } from "./fetch_adapter.ts";
export { isPlaced, placeAdapter, placeOf, type PlaceOptions } from "./place_adapter.ts";
export { checkProvenance, GITHUB_ISSUER, type ProvenanceOptions } from "./provenance.ts";
