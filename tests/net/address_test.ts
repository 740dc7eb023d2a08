import assert from "node:assert/strict";
import fc from "fast-check";
import { type AddressKind, addressKind, isInNetwork } from "../../lib/net/address.ts";
import { addressFault } from "../../lib/net/mod.ts";

const KINDS: Record<AddressKind, string[]> = {
  loopback: [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::0.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:FFFF:7F00:0001",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::127.0.0.1",
    "2002:7f00:1::",
    "2002:7f00:1::abcd",
    // Teredo writes the client's address inverted
    "2001:0:0:0:0:0:80ff:fffe",
  ],
  link_local: [
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "fe80::1%eth0",
    "febf:ffff::1",
    "fe80::a9fe:a9fe",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
  ],
  metadata: [
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "::ffff:100.100.100.200",
    "64:ff9b::168.63.129.16",
  ],
  unusable: [
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "0:0:0:0:0:0:0:0",
    "::ffff:0.0.0.0",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "100::1",
  ],
  private: [
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:c0a8:101::1",
  ],
  public: [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "169.253.255.255",
    "128.0.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    // what a network that speaks IPv6 alone gives for hosts that speak IPv4 alone
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
  ],
};
for (const [kind, addresses] of Object.entries(KINDS)) {
  for (const address of addresses) {
    Deno.test(`addressKind() takes ${address} for ${kind}`, () => assert.equal(addressKind(address), kind));
  }
}

Deno.test("addressKind() takes nothing but a whole literal address for one", () => {
  for (
    const text of [
      "",
      "localhost",
      "127.1",
      "0x7f.0.0.1",
      "256.0.0.1",
      "1.2.3.4.5",
      "2130706433",
      ":",
      "1::2::3",
      "::g",
    ]
  ) {
    assert.equal(addressKind(text), undefined, text);
  }
});

const octets = fc.tuple(...[0, 1, 2, 3].map(() => fc.nat({ max: 255 })));

Deno.test("addressKind() judges an IPv4 address the same however IPv6 carries it", () => {
  fc.assert(fc.property(octets, (bytes) => {
    const dotted = bytes.join(".");
    const [high, low] = [0, 2].map((at) => (bytes[at] * 256 + bytes[at + 1]).toString(16));
    const kind = addressKind(dotted);
    for (
      const spelled of [`::ffff:${dotted}`, `::ffff:${high}:${low}`, `64:ff9b::${dotted}`, `2002:${high}:${low}::1`]
    ) {
      assert.equal(addressKind(spelled), kind, spelled);
    }
  }));
});

Deno.test("isInNetwork() compares as many bits as are said, within one family", () => {
  assert.equal(isInNetwork("10.1.2.3", "10.0.0.0", 8), true);
  assert.equal(isInNetwork("11.0.0.0", "10.0.0.0", 8), false);
  assert.equal(isInNetwork("192.168.129.1", "192.168.128.0", 17), true);
  assert.equal(isInNetwork("192.168.127.1", "192.168.128.0", 17), false);
  assert.equal(isInNetwork("2001:db8::1", "2001:db8::", 32), true);
  assert.equal(isInNetwork("2001:db9::1", "2001:db8::", 32), false);
  assert.equal(isInNetwork("10.1.2.3", "::", 0), false);
  assert.equal(isInNetwork("example.test", "10.0.0.0", 8), false);
});

const NEVER = [...KINDS.link_local, ...KINDS.metadata, ...KINDS.unusable];
Deno.test("addressFault() refuses link-local, metadata and unusable addresses to every host", () => {
  for (const address of NEVER) {
    for (const hostname of ["example.test", "localhost", address]) {
      assert.equal(typeof addressFault(address, { hostname }), "string", `${hostname} at ${address}`);
    }
  }
});

Deno.test("addressFault() lets only a host that is written as this machine be this machine", () => {
  const written = ["localhost", "store.localhost", "127.0.0.1", "127.9.9.9", "::1"];
  const others = ["example.test", "localhost.example.test", "notlocalhost", "::ffff:7f00:1", "127.0.0.1.example.test"];
  for (const address of ["127.0.0.1", "::1"]) {
    for (const hostname of written) assert.equal(addressFault(address, { hostname }), undefined, hostname);
    for (const hostname of others) assert.match(addressFault(address, { hostname }) ?? "", /this machine/, hostname);
  }
});

Deno.test("addressFault() lets a host that is written as this machine be no other", () => {
  for (const address of ["93.184.216.34", "10.0.0.1", "fd12::1"]) {
    assert.match(addressFault(address, { hostname: "localhost" }) ?? "", /is not this machine/, address);
  }
});

Deno.test("addressFault() lets private networks through, unless only the public one is allowed", () => {
  for (const address of KINDS.private) {
    assert.equal(addressFault(address, { hostname: "store.example.test" }), undefined, address);
    const fault = addressFault(address, { hostname: "store.example.test", publicOnly: true });
    assert.match(fault ?? "", /transport\.public_only/, address);
  }
  for (const address of KINDS.public) {
    assert.equal(addressFault(address, { hostname: "example.test", publicOnly: true }), undefined, address);
  }
  assert.match(addressFault("127.0.0.1", { hostname: "localhost", publicOnly: true }) ?? "", /public_only/);
});
