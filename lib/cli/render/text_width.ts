/** Wide in East Asian scripts: two columns of a terminal. The blocks of Unicode's EastAsianWidth (W and F), joined where nothing else lies between. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
/** Drawn over the sign before it, or not at all. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;

/** How many columns of a terminal a text takes; it has no escape sequences. */
export function textWidth(text: string): number {
  let columns = 0;
  for (const sign of text) columns += signWidth(sign);
  return columns;
}

/** The text, or as much of it as fits with `…` at its end. Never more columns than `width`. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let columns = 0;
  for (const sign of text) {
    columns += signWidth(sign);
    if (columns > width - 1) break;
    kept += sign;
  }
  return `${kept}…`;
}

function signWidth(sign: string): number {
  if (sign >= " " && sign <= "~") return 1;
  return NO_WIDTH.test(sign) ? 0 : WIDE.test(sign) ? 2 : 1;
}
