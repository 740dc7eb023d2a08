const [QUOTE, BACKSLASH, OPEN, CLOSE] = [...'"\\{}'].map((character) => character.charCodeAt(0));

/**
 * Tells where a JSON object that comes in pieces ends, in one pass and without reading what it says: an adapter's answer is whole
 * before its process ends. What does not begin as an object counts as whole, so that it is judged at once.
 */
export class JsonEnd {
  private depth = 0;
  private inText = false;
  private escaped = false;
  private begun = false;

  /** @returns how many bytes of the piece belong to the object, once it is whole; undefined before that */
  add(piece: Uint8Array): number | undefined {
    for (let at = 0; at < piece.length; at++) {
      // white space stands before it at most
      if (!this.begun && piece[at] > 0x20) {
        if (piece[at] !== OPEN) return piece.length;
        this.begun = true;
      }
      if (this.begun && this.ends(piece[at])) return at + 1;
    }
    return undefined;
  }

  private ends(byte: number): boolean {
    if (this.inText) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) this.inText = false;
      return false;
    }
    if (byte === QUOTE) this.inText = true;
    else if (byte === OPEN) this.depth++;
    else if (byte === CLOSE) this.depth--;
    return this.depth === 0;
  }
}
