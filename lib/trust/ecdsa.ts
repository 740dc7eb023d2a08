/**
 * ECDSA verification over a digest that is at hand, without the bytes it was made of (FIPS 186-5, 6.4.2).
 *
 * Web and node cryptography hash by themselves, so they need the whole artifact. Everything here is public: no secret can leak by
 * timing, and nothing here signs.
 */
import type { KeyObject } from "node:crypto";
import { ASN1Obj } from "@sigstore/core";

interface Curve {
  /** The field's prime, the order of the group, and `b` of y² = x³ - 3x + b. */
  p: bigint;
  n: bigint;
  b: bigint;
  g: Affine;
  bytes: number;
}
type Affine = readonly [x: bigint, y: bigint];
/** Jacobian coordinates: x/z², y/z³; z = 0 is the point at infinity. */
type Point = readonly [x: bigint, y: bigint, z: bigint];
const INFINITY: Point = [1n, 1n, 0n];

/** SP 800-186, 3.2.1, by their object identifiers (RFC 5480, 2.1.1.1): Deno's versions name them differently. */
const CURVES: Readonly<Record<string, Curve>> = {
  // P-256
  "1.2.840.10045.3.1.7": {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    g: [
      0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    ],
    bytes: 32,
  },
  // P-384
  "1.3.132.0.34": {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    g: [
      0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    ],
    bytes: 48,
  },
};

/**
 * True when the signature (DER) is the key's over this digest.
 *
 * @returns undefined when the key is none of P-256 and P-384: then the bytes themselves are needed
 */
export function verifyDigestSignature(
  digest: Uint8Array,
  options: { key: KeyObject; signature: Uint8Array },
): boolean | undefined {
  const { key } = options;
  if (key.asymmetricKeyType !== "ec") return undefined;
  const spki = key.export({ format: "der", type: "spki" });
  const curve = CURVES[ASN1Obj.parseBuffer(Buffer.from(spki)).subs[0].subs[1].toOID()];
  if (curve === undefined) return undefined;
  const { n } = curve;
  const parts = readSignature(options.signature);
  const q = readPoint(spki, curve);
  if (parts === undefined || q === undefined) return false;
  const [r, s] = parts;
  if (r < 1n || r >= n || s < 1n || s >= n) return false;
  const e = toNumber(digest.subarray(0, curve.bytes));
  const w = power(s, n - 2n, n);
  const [x, , z] = sum(curve, [[e * w % n, curve.g], [r * w % n, q]]);
  if (z === 0n) return false;
  const inverse = power(z, curve.p - 2n, curve.p);
  return x * inverse % curve.p * inverse % curve.p % n === r;
}

const SEQUENCE = 0x30;

function readSignature(der: Uint8Array): [r: bigint, s: bigint] | undefined {
  try {
    const bytes = Buffer.from(der);
    const sequence = ASN1Obj.parseBuffer(bytes);
    const [r, s] = sequence.subs;
    // one encoding for one signature: what does not come out as it went in is refused
    if (bytes[0] !== SEQUENCE || sequence.subs.length !== 2 || !sequence.toDER().equals(bytes)) return undefined;
    return [r.toInteger(), s.toInteger()];
  } catch {
    return undefined;
  }
}

/** The uncompressed point at the end of a SubjectPublicKeyInfo (RFC 5480), when it lies on the curve. */
function readPoint(spki: Uint8Array, { p, b, bytes }: Curve): Affine | undefined {
  const point = spki.subarray(-2 * bytes - 1);
  const [x, y] = [toNumber(point.subarray(1, 1 + bytes)), toNumber(point.subarray(1 + bytes))];
  const onCurve = modulo(y * y - x * x * x + 3n * x - b, p) === 0n;
  return point[0] === 4 && x < p && y < p && onCurve ? [x, y] : undefined;
}

/** Two multiples, added up in one pass over their bits. */
function sum(curve: Curve, [[k1, p1], [k2, p2]]: [[bigint, Affine], [bigint, Affine]]): Point {
  const { p } = curve;
  const one: Point = [...p1, 1n];
  const two: Point = [...p2, 1n];
  const both = add(one, { q: two, p });
  let total = INFINITY;
  for (let bit = BigInt(curve.bytes * 8 - 1); bit >= 0n; bit--) {
    total = double(total, p);
    const [in1, in2] = [k1 >> bit & 1n, k2 >> bit & 1n];
    if (in1 && in2) total = add(total, { q: both, p });
    else if (in1) total = add(total, { q: one, p });
    else if (in2) total = add(total, { q: two, p });
  }
  return total;
}

function double([x, y, z]: Point, p: bigint): Point {
  if (z === 0n || y === 0n) return INFINITY;
  const zz = z * z % p;
  const yy = y * y % p;
  const slope = 3n * modulo(x - zz, p) * (x + zz) % p;
  const xyy = 4n * x * yy % p;
  const x3 = modulo(slope * slope - 2n * xyy, p);
  return [x3, modulo(slope * (xyy - x3) - 8n * yy * yy, p), 2n * y * z % p];
}

function add([x1, y1, z1]: Point, { q, p }: { q: Point; p: bigint }): Point {
  const [x2, y2, z2] = q;
  if (z1 === 0n) return q;
  if (z2 === 0n) return [x1, y1, z1];
  const [zz1, zz2] = [z1 * z1 % p, z2 * z2 % p];
  const [u1, u2] = [x1 * zz2 % p, x2 * zz1 % p];
  const [s1, s2] = [y1 * zz2 % p * z2 % p, y2 * zz1 % p * z1 % p];
  if (u1 === u2) return s1 === s2 ? double([x1, y1, z1], p) : INFINITY;
  const h = modulo(u2 - u1, p);
  const r = modulo(s2 - s1, p);
  const hh = h * h % p;
  const hhh = h * hh % p;
  const v = u1 * hh % p;
  const x3 = modulo(r * r - hhh - 2n * v, p);
  return [x3, modulo(r * (v - x3) - s1 * hhh, p), h * z1 % p * z2 % p];
}

const modulo = (value: bigint, m: bigint): bigint => (value % m + m) % m;

function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  for (let [square, left] = [base % m, exponent]; left > 0n; square = square * square % m, left >>= 1n) {
    if (left & 1n) result = result * square % m;
  }
  return result;
}

const toNumber = (bytes: Uint8Array): bigint => bytes.reduce((total, byte) => total << 8n | BigInt(byte), 0n);
