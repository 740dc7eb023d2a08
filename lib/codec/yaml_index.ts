import { EVENT_ID, getScalarValue, parseEvents } from "js-yaml";

/** Where a node of a YAML text stands: offsets in UTF-16 units, the end exclusive. */
export interface YamlNode {
  start: number;
  /** The end of its last scalar; a closing bracket of a flow collection is not counted in. */
  end: number;
  /** `{…}` or `[…]`. */
  flow: boolean;
  entries: Map<string, { keyStart: number; node: YamlNode }>;
  items: YamlNode[];
}

/** The tree of positions of one document. Aliases are leaves: what they stand for is elsewhere. */
export function indexYaml(text: string, options: { maxDepth: number }): YamlNode | undefined {
  const events = parseEvents(text, { maxDepth: options.maxDepth });
  const open: { node: YamlNode; mapping: boolean; key?: { text: string; start: number } }[] = [];
  let root: YamlNode | undefined;
  const leaf = (start: number, end: number): YamlNode => ({ start, end, flow: false, entries: new Map(), items: [] });
  const place = (node: YamlNode, keyText: () => string) => {
    const parent = open.at(-1);
    if (parent === undefined) root ??= node;
    else if (!parent.mapping) parent.node.items.push(node);
    else if (parent.key === undefined) parent.key = { text: keyText(), start: node.start };
    else {
      parent.node.entries.set(parent.key.text, { keyStart: parent.key.start, node });
      parent.key = undefined;
    }
  };
  for (const event of events) {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        break;
      case EVENT_ID.SCALAR:
        place(leaf(event.valueStart, event.valueEnd), () => getScalarValue(text, event));
        break;
      case EVENT_ID.ALIAS:
        place(leaf(event.anchorStart, event.anchorEnd), () => "");
        break;
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        const node = { ...leaf(event.start, event.start), flow: event.style === 2 };
        place(node, () => "");
        open.push({ node, mapping: event.type === EVENT_ID.MAPPING });
        break;
      }
      default: {
        // a pop closes a collection, or at last the document
        const closed = open.pop();
        const parent = open.at(-1);
        if (closed === undefined) break;
        closed.node.end = lastEnd(closed.node);
        if (parent !== undefined) parent.node.end = closed.node.end;
      }
    }
  }
  return root;
}

function lastEnd(node: YamlNode): number {
  const children = [...node.items, ...[...node.entries.values()].map((entry) => entry.node)];
  return children.reduce((end, child) => Math.max(end, child.end), node.end);
}
