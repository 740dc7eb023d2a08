/** One table for each way to write an address that is not what it seems. The plain rules are in `net_test.ts`. */
import assert from "node:assert/strict";
import { isEpackError } from "../../lib/errors.ts";
import { safeRedirect, safeUrl } from "../../lib/net/mod.ts";

const rules = { allowLoopbackHttp: true, fileRoot: "/srv/packs" };

function refusal(text: string, options = rules): string {
  try {
    safeUrl(text, options);
  } catch (error) {
    assert.ok(isEpackError(error, "url_refused"), String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(text)} was taken` });
}

const REFUSED: Record<string, { urls: string[]; says: RegExp }> = {
  "user info": {
    urls: [
      "https://user@example.test/",
      "https://user:pass@example.test/",
      "https://:pass@example.test/",
      "https://@example.test/",
      "https://:@example.test/",
      "https://example.test@evil.test/",
      "https://example.test%40evil.test@evil.test/",
      "https://example.test:443@evil.test/",
    ],
    says: /user or a password/,
  },
  "ports that nothing can listen at": { urls: ["https://example.test:0/", "http://127.0.0.1:0/"], says: /port 0/ },
  "ports that are none": {
    urls: [
      "https://example.test:65536/",
      "https://example.test:-1/",
      "https://example.test:443x/",
      "https://a.test:1:2/",
    ],
    says: /is no address/,
  },
  "IPv4 in octal, hexadecimal, decimal and short forms": {
    urls: [
      "https://0177.0.0.1/",
      "https://0x7f.0.0.1/",
      "https://0x7f000001/",
      "https://2130706433/",
      "https://127.1/",
      "https://127.0.1/",
      "https://0/",
      "https://0300.0250.0.1/",
      "https://0x0a000001/",
      "https://010.0.0.1/",
      "https://93.184.216.034/",
      "https://93.184.216.34./",
      "https://127.0.0.1./",
    ],
    says: /spelling of a host/,
  },
  "IPv4 that is out of range": {
    urls: ["https://256.0.0.1/", "https://1.2.3.4.5/", "https://0x100000000/"],
    says: /is no address/,
  },
  "digits and dots of other scripts": {
    urls: [
      "https://１２７.0.0.1/",
      "https://127。0。0。1/",
      "https://①②⑦.0.0.1/",
      "https://93.184.216.３４/",
      "https://bücher。test/",
    ],
    says: /spelling of a host/,
  },
  "letters that turn into others": {
    urls: [
      "https://ⓛocalhost/",
      "https://ＬＯＣＡＬＨＯＳＴ/",
      "https://exa\u00admple.test/",
      "https://ﬁle.test/",
      "https://example\u200b.test/",
    ],
    says: /spelling of a host|is no address/,
  },
  "percent-encoded hosts": {
    urls: ["https://%6c%6fcalhost/", "https://127%2e0.0.1/", "https://example%2etest/", "https://%31%32%37.0.0.1/"],
    says: /spelling of a host/,
  },
  "percent-encoded ends of hosts": {
    urls: [
      "https://example.test%2f.evil.test/",
      "https://example.test%00.evil.test/",
      "https://example.test%23.evil.test/",
    ],
    says: /is no address/,
  },
  "hosts with a dot at the end": {
    urls: ["https://localhost./", "https://example.test./", "https://a..b.test/", "https://.example.test/"],
    says: /no dot at the end/,
  },
  "hosts that are no names": {
    urls: [
      "https://a!b.test/",
      "https://a'b.test/",
      "https://a(b).test/",
      "https://a~b.test/",
      "https://-a.test/",
      "https://a-.test/",
      `https://${"a".repeat(64)}.test/`,
      `https://${"a.".repeat(127)}test/`,
    ],
    says: /no plain name/,
  },
  "no host, and too many slashes": {
    urls: ["https:example.test", "https:/example.test/", "https:///example.test/", "https:////example.test/"],
    says: /spelling of a host/,
  },
  "IPv6 forms of this machine that do not say so": {
    urls: [
      "https://[::ffff:127.0.0.1]/",
      "https://[::ffff:7f00:1]/",
      "https://[::127.0.0.1]/",
      "https://[64:ff9b::127.0.0.1]/",
      "https://[2002:7f00:1::]/",
      "https://[::ffff:0:127.0.0.1]/",
    ],
    says: /it is this machine/,
  },
  "unspecified addresses": {
    urls: ["https://0.0.0.0/", "https://[::]/", "https://[::ffff:0.0.0.0]/", "https://[0:0::0]/"],
    says: /no single host/,
  },
  "link-local addresses": {
    urls: [
      "https://169.254.169.254/latest/meta-data/",
      "https://[fe80::1]/",
      "https://[::ffff:169.254.169.254]/",
      "https://[64:ff9b::a9fe:a9fe]/",
      "https://[2002:a9fe:a9fe::]/",
    ],
    says: /link-local/,
  },
  "link-local addresses with a zone": {
    urls: ["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/"],
    says: /is no address/,
  },
  "metadata services": {
    urls: ["https://100.100.100.200/", "https://168.63.129.16/", "https://[fd00:ec2::254]/", "https://[fd20:ce::254]/"],
    says: /metadata/,
  },
  "multicast and broadcast": {
    urls: ["https://224.0.0.1/", "https://255.255.255.255/", "https://[ff02::1]/"],
    says: /no single host/,
  },
  "http to what only looks like this machine": {
    urls: [
      "http://localhost./",
      "http://127.0.0.2/",
      "http://store.localhost/",
      "http://[::ffff:127.0.0.1]/",
      "http://0.0.0.0/",
      "http://[::]/",
      "http://localhost.evil.test/",
      "http://127.0.0.1.evil.test/",
      "http://localhost@evil.test/",
    ],
    says: /only allowed to this machine|user or a password/,
  },
  "http to this machine in other words": {
    urls: [
      "http://127.1/",
      "http://0177.0.0.1/",
      "http://2130706433/",
      "http://%6cocalhost/",
      "http://ｌocalhost/",
      "http://127.0.0.1./",
      "http:localhost",
      "http:///localhost/",
    ],
    says: /spelling of a host/,
  },
  "other schemes": {
    urls: [
      "javascript:alert(1)",
      "JavaScript://example.test/%0aalert(1)",
      "data:text/html,x",
      "blob:https://a.test/1",
      "ws://a.test/",
      "about:blank",
      "view-source:https://a.test/",
      "unix:/run/x.sock",
      "ftp://a.test/",
    ],
    says: /is not https/,
  },
  ".. in a file address": {
    urls: [
      "file:///srv/packs/../x",
      "file:///srv/packs/%2e%2e/x",
      "file:///srv/packs/.%2E/x",
      "file:///srv/packs/%2e./x",
      "file:///srv/packs/./x",
      "file:///srv/packs/..",
    ],
    says: /\. or \.\. in it/,
  },
  "hidden separators in a file address": {
    urls: [
      "file:///srv/packs/%2e%2e%2fx",
      "file:///srv/packs/a%2Fb",
      "file:///srv/packs/a%5cb",
      "file:///srv/packs/a%00",
    ],
    says: /separator/,
  },
  "file addresses with a host": {
    urls: [
      "file://host/srv/packs/x",
      "file://localhost/srv/packs/x",
      "file://127.0.0.1/srv/packs/x",
      "file://srv/packs/x",
    ],
    says: /path alone/,
  },
  "file addresses with no plain path": {
    urls: ["file:srv/packs/x", "file:////srv/packs/x", "file://///srv/packs/x"],
    says: /not absolute|path alone/,
  },
  "file addresses that are not UTF-8": {
    urls: ["file:///srv/packs/%ff", "file:///srv/packs/%c0%ae%c0%ae/x"],
    says: /not UTF-8/,
  },
  "files of the kernel": {
    urls: [
      "file:///proc/self/environ",
      "file:///proc/self/root/etc/hostname",
      "file:///sys/kernel/x",
      "file:///dev/stdin",
    ],
    says: /kernel/,
  },
};
for (const [what, { urls, says }] of Object.entries(REFUSED)) {
  Deno.test(`safeUrl() refuses ${what}`, () => {
    for (const url of urls) assert.match(refusal(url), says, url);
  });
}

Deno.test("safeUrl() refuses files of the kernel below a root that holds them", () => {
  assert.match(refusal("file:///proc/self/environ", { ...rules, fileRoot: "/" }), /kernel/);
});

Deno.test("safeUrl() takes every plain host, and says where it leads", () => {
  const TAKEN: [url: string, hostname: string, port: number][] = [
    ["https://example.test", "example.test", 443],
    ["https://EXAMPLE.test:/", "example.test", 443],
    ["https://example.test:00443/", "example.test", 443],
    ["https://a_b-c.example.test:8443/", "a_b-c.example.test", 8443],
    ["https://93.184.216.34/", "93.184.216.34", 443],
    ["https://10.0.0.1:9000/", "10.0.0.1", 9000],
    ["https://[2606:4700::1111]/", "2606:4700::1111", 443],
    ["https://[2606:4700:0:0::0:1111]:8443/", "2606:4700::1111", 8443],
    ["https://[fd12::1]/", "fd12::1", 443],
    ["https://localhost:8443/", "localhost", 8443],
    ["https://127.0.0.2/", "127.0.0.2", 443],
    ["https://[::1]/", "::1", 443],
    ["http://localhost:8080/", "localhost", 8080],
    ["http://[::1]/", "::1", 80],
    ["https://xn--bcher-kva.test/", "xn--bcher-kva.test", 443],
  ];
  for (const [text, hostname, port] of TAKEN) {
    const url = safeUrl(text, rules);
    assert.deepEqual([url.hostname, url.port], [hostname, port], text);
  }
});

Deno.test("safeUrl() shows names of other scripts, and those that look like others, in ASCII", () => {
  // Cyrillic letters that look like "apple"
  for (
    const [text, shown] of [
      ["https://bücher.test/x", "https://xn--bcher-kva.test/x"],
      ["https://аррӏе.test/x", "https://xn--80ak6aa92e.test/x"],
    ]
  ) {
    const url = safeUrl(text, rules);
    assert.equal(url.shown, shown);
    assert.equal(url.hostname, new URL(shown).hostname);
  }
});

Deno.test("safeUrl() shows nothing in its refusals that a terminal would obey, and no secret", () => {
  for (
    const text of [
      "https://a.test/\u001b[31m",
      "https://a.test/\u202e",
      "https://u:hunter2@a.test/?token=hunter2",
      "data:,hunter2",
    ]
  ) {
    assert.doesNotMatch(refusal(`${text}\u0007`), /[\u0000-\u001f\u202e]|hunter2/, text);
  }
});

Deno.test("safeUrl() with public_only refuses names and literals that are not public", () => {
  for (
    const host of [
      "localhost",
      "a.localhost",
      "printer.local",
      "vault.internal",
      "nas.home.arpa",
      "10.0.0.1",
      "[fd12::1]",
      "[::1]",
    ]
  ) {
    assert.throws(() => safeUrl(`https://${host}/`, { publicOnly: true }), /public_only/, host);
  }
  assert.throws(() => safeUrl("http://localhost/", { publicOnly: true, allowLoopbackHttp: true }), {
    code: "url_refused",
  });
});

Deno.test("safeRedirect() judges a location as it is written", () => {
  const from = safeUrl("https://a.test/x", rules);
  const refused = [
    "https://0x7f.1/",
    "//127.1/",
    "https://%6cocalhost/",
    "/\\evil.test/",
    "\\\\evil.test/",
    "https://169.254.169.254/",
    "//[::ffff:127.0.0.1]/",
    "https:evil.test",
    "https:///evil.test",
    "javascript:alert(1)",
    "/x y",
    "//",
  ];
  for (const location of refused) {
    assert.throws(() => safeRedirect(from, location, { headers: {} }), { code: "url_refused" }, location);
  }
  for (
    const [location, href] of [
      ["y", "https://a.test/y"],
      ["/y?z#f", "https://a.test/y?z#f"],
      ["?z", "https://a.test/x?z"],
      ["//b.test/y", "https://b.test/y"],
      ["../../y", "https://a.test/y"],
    ]
  ) {
    assert.equal(safeRedirect(from, location, { headers: {} }).url.href, href, location);
  }
});

Deno.test("safeRedirect() carries the first address's public_only to where it leads", () => {
  const from = safeUrl("https://a.test/x", { publicOnly: true });
  assert.throws(() => safeRedirect(from, "https://10.0.0.1/", { headers: {} }), /public_only/);
  assert.equal(safeRedirect(from, "https://b.test/", { headers: {} }).url.rules.publicOnly, true);
});
