/** Codecs: strict JSON, RFC 8785, bounded YAML, and text made safe to show. */
export { canonicalJson } from "./canonical_json.ts";
export { globTest } from "./glob.ts";
export { JsonError, type JsonObject, type JsonOptions, type JsonValue, parseJson } from "./json.ts";
export { type Jwt, readJwt } from "./jwt.ts";
export { nearestName } from "./nearest.ts";
export { showJson, showJsonLine, showText } from "./show.ts";
export { showSize } from "./show_size.ts";
export { showLink } from "./show_link.ts";
export { parseYaml, type TextPosition, YamlDocument, YamlError, type YamlOptions } from "./yaml.ts";
