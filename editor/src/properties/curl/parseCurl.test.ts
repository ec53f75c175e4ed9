import { describe, expect, it } from "vitest";
import { parseCurl, type CurlRequest } from "./parseCurl";

function read(command: string): CurlRequest {
  const request = parseCurl(command);
  if (!request) throw new Error(`not read: ${command}`);
  return request;
}

describe("parseCurl", () => {
  it("reads what Chrome copies", () => {
    const request = read(`curl 'https://api.example.com/orders?page=2' \\
      -X 'PUT' -H 'accept: application/json' -H 'accept-encoding: gzip, br, zstd' -H 'sec-fetch-mode: cors' \\
      -H 'Content-Type: application/json' -H 'Authorization: Bearer x' -b 'sid=1; theme=dark' --data-raw '{"id": 7}' --compressed`);
    expect(request).toMatchObject({
      method: "PUT",
      url: "https://api.example.com/orders",
      query: [{ name: "page", value: "2" }],
      headers: [
        { name: "accept", value: "application/json" },
        { name: "Content-Type", value: "application/json" },
      ],
      body: '{"id": 7}',
      leftOut: [
        { why: "secret", part: "Authorization", auth: "bearer" },
        { why: "secret", part: "-b", auth: "cookie" },
      ],
    });
  });

  it("reads what Postman writes", () => {
    const request = read(`curl --location --request POST 'https://x.org/a' \\
--header 'X-Api-Key: abc' \\
--form 'title="a; b"' --form 'file=@"/home/me/a.png";type=image/png' --form 'note="1";type=text/plain'`);
    expect(request).toMatchObject({
      method: "POST",
      followRedirects: true,
      form: [
        { name: "title", value: "a; b" },
        { name: "note", value: "1" },
      ],
      files: [{ name: "file", filename: "/home/me/a.png" }],
      leftOut: [
        { why: "secret", part: "X-Api-Key", auth: "api_key" },
        { why: "file", part: "-F @/home/me/a.png" },
      ],
    });
  });

  it("guesses the method as curl does", () => {
    expect(read("curl x.org")).toMatchObject({ method: "GET", url: "http://x.org" });
    expect(read("curl -d a=1 -d b=2 x.org")).toMatchObject({ method: "POST", body: "a=1&b=2" });
    expect(read("curl -G -d a=1 --data-urlencode 'b=c d' x.org?z=0")).toMatchObject({
      method: "GET",
      body: null,
      query: [
        { name: "z", value: "0" },
        { name: "a", value: "1" },
        { name: "b", value: "c d" },
      ],
    });
    expect(read("curl -XDELETE -k https://x.org")).toMatchObject({ method: "DELETE", insecure: true });
    expect(read("curl -I x.org").method).toBe("HEAD");
    expect(read("curl -T a.bin x.org")).toMatchObject({ method: "PUT", files: [{ name: "", filename: "a.bin" }] });
    expect(read("curl -F a=1 x.org").method).toBe("POST");
    expect(read("curl -G -I -d a=1 x.org").method).toBe("HEAD");
  });

  it("reads --json, --data-urlencode, --url-query and files", () => {
    expect(read(`curl --json '{"a":' --json '1}' x.org`)).toMatchObject({
      body: '{"a":1}',
      headers: [
        { name: "Content-Type", value: "application/json" },
        { name: "Accept", value: "application/json" },
      ],
    });
    expect(read("curl --json {} -H 'accept: text/csv' -H 'content-type: a/b' x.org").headers).toHaveLength(4);
    expect(read("curl --data-urlencode '=a b' --data-urlencode 'ü' --data-urlencode 'n=a&b' x.org").body).toBe("a%20b&%C3%BC&n=a%26b");
    expect(read("curl --url-query a=1 --url-query b=2 x.org?c=3").query.map((one) => one.name)).toEqual(["c", "a", "b"]);
    expect(read("curl -d @body.json x.org")).toMatchObject({ body: null, method: "POST", leftOut: [{ why: "file", part: "-d @body.json" }] });
    expect(read("curl --data-raw @not-a-file x.org").body).toBe("@not-a-file");
    expect(read("curl --data-urlencode 'n@file' x.org").files).toEqual([{ name: "n", filename: "file" }]);
    expect(read("curl --form-string 'a=@b' x.org").form).toEqual([{ name: "a", value: "@b" }]);
  });

  it("reads options of connections", () => {
    expect(read("curl -x http://me:pw@proxy:3128 -m 20 --connect-timeout 2.5 --max-redirs 3 -L x.org")).toMatchObject({
      proxy: "http://proxy:3128",
      totalTimeout: 20,
      connectTimeout: 2.5,
      maxRedirects: 3,
      leftOut: [{ why: "secret", part: "-x", auth: "basic" }],
    });
    expect(read("curl -x proxy:3128 x.org").proxy).toBe("http://proxy:3128");
    expect(read("curl -x socks5://p x.org").leftOut).toEqual([{ why: "unsupported", part: "-x socks5://" }]);
    expect(read("curl -E me.pem --key k.pem --cacert ca.pem x.org").leftOut.map((one) => one.why)).toEqual(["certificate", "certificate", "certificate"]);
  });

  it("reads joined switches and attached values", () => {
    expect(read("curl -sSLkXPOST -Hx:1 -dA=1 x.org")).toMatchObject({ method: "POST", insecure: true, followRedirects: true, body: "A=1", headers: [{ name: "x", value: "1" }] });
    expect(read("curl --request=PATCH --url=https://x.org")).toMatchObject({ method: "PATCH", url: "https://x.org" });
    expect(read("$ /usr/bin/curl -- -odd.org").url).toBe("http://-odd.org");
    expect(read("curl.exe x.org -o out -w '%{http_code}' --retry 3 --http2").leftOut).toEqual([]);
  });

  it("reads headers as curl does", () => {
    const { headers, leftOut } = read("curl -H 'X-Empty;' -H 'Accept:' -H 'Host: a' -H @file -H 'a: b:c' -A me -e https://r -r 0-9 x.org");
    expect(headers).toEqual([
      { name: "X-Empty", value: "" },
      { name: "a", value: "b:c" },
      { name: "User-Agent", value: "me" },
      { name: "Referer", value: "https://r" },
      { name: "Range", value: "bytes=0-9" },
    ]);
    expect(leftOut).toEqual([{ why: "file", part: "file" }]);
  });

  it("leaves secrets out, wherever they stand, and says so", () => {
    const request = read(
      "curl -u me:secret -b jar.txt --oauth2-bearer tok -H 'Cookie: s=1' -H 'X-Auth-Token: t' -U p:q 'https://ann:pw@x.org/?api_key=k&page=1&access_token=z'",
    );
    expect(JSON.stringify({ ...request, leftOut: [] })).not.toMatch(/secret|"tok"|s=1|pw|"k"|"z"|"t"/);
    expect(request.leftOut.map((one) => `${one.why} ${one.part}`)).toEqual([
      "secret -u",
      "file jar.txt",
      "secret --oauth2-bearer",
      "secret Cookie",
      "secret X-Auth-Token",
      "secret -U",
      "secret user:password@",
      "secret ?api_key",
      "secret ?access_token",
    ]);
    expect(request).toMatchObject({ url: "https://x.org/", query: [{ name: "page", value: "1" }] });
    expect(read("curl -H 'Authorization: Basic YTpi' x.org").leftOut).toEqual([{ why: "secret", part: "Authorization", auth: "basic" }]);
    expect(read("curl -H 'Authorization: Token abc' x.org").leftOut).toEqual([{ why: "secret", part: "Authorization", auth: "api_key" }]);
  });

  it("says what it could not take over", () => {
    expect(read("curl --digest --resolve a:1:b --unix-socket /s -n x.org y.org").leftOut).toEqual([
      { why: "unsupported", part: "--digest" },
      { why: "unsupported", part: "--resolve" },
      { why: "unsupported", part: "--unix-socket" },
      { why: "unsupported", part: "-n" },
      { why: "unsupported", part: "y.org" },
    ]);
    expect(read("curl x.org --next y.org").leftOut).toEqual([{ why: "unsupported", part: "--next" }]);
    expect(read('curl "https://$HOST/a"').leftOut).toEqual([{ why: "variable", part: "$HOST" }]);
    expect(read("curl 'https://x.org/{{id}}'").leftOut).toEqual([{ why: "expression", part: "{{ }}" }]);
  });

  it("refuses other text", () => {
    for (const text of ["wget x", "curl", "", "curl -k", "GET /a HTTP/1.1", "curly x"]) expect(parseCurl(text)).toBeNull();
  });
});
