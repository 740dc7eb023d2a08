/** What an adapter's author imports. It loads nothing heavy: adapters start often. */
export {
  type Adapter,
  type AdapterContext,
  AdapterFailure,
  type AdapterRequest,
  type AdapterResult,
  defineAdapter,
  type Handlers,
} from "./adapter.ts";
export { answer, requiredText, type WireAnswer } from "./answer.ts";
export { serveStdio, type StdioOptions } from "./serve_stdio.ts";
