import { describe, expect, it } from "vitest";
import { curlParameters, type CurlParameters } from "./curlParameters";
import { parseCurl } from "./parseCurl";

function imported(command: string): CurlParameters {
  const request = parseCurl(command);
  if (!request) throw new Error(`not read: ${command}`);
  return curlParameters(request);
}

describe("curlParameters", () => {
  it("tells JSON, forms and text apart", () => {
    expect(imported(`curl x.org -d '{"a": 1}'`).parameters).toMatchObject({ body_type: "json", body: { a: 1 } });
    expect(imported("curl x.org -d a=1 -d 'b=x+y'").parameters).toMatchObject({
      body_type: "form",
      form: [
        { name: "a", value: "1" },
        { name: "b", value: "x y" },
      ],
    });
    expect(imported("curl x.org -H 'Content-Type: text/plain' -d a=1").parameters).toMatchObject({ body_type: "text", text: "a=1", content_type: "text/plain", headers: [] });
    expect(imported("curl x.org -d '<a b=\"1\"/>'").parameters).toMatchObject({ body_type: "text", content_type: "application/x-www-form-urlencoded" });
    expect(imported("curl x.org").parameters).toMatchObject({ body_type: "none" });
  });

  it("keeps a content type that the step would not set", () => {
    expect(imported("curl x.org --json 1").parameters["headers"]).toEqual([{ name: "Accept", value: "application/json" }]);
    expect(imported("curl x.org -H 'content-type: application/ld+json' -d '{}'").parameters).toMatchObject({
      body_type: "json",
      headers: [{ name: "content-type", value: "application/ld+json" }],
    });
  });

  it("does not round long numbers", () => {
    expect(imported(`curl x.org --json '{"id": 12345678901234567890}'`).parameters).toMatchObject({ body_type: "text", text: '{"id": 12345678901234567890}', content_type: "application/json" });
  });

  it("reads a multipart body that a browser has copied", () => {
    const body = "------B\\r\\nContent-Disposition: form-data; name=\"a\"\\r\\n\\r\\n1\\r\\n2\\r\\n------B\\r\\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\\r\\nContent-Type: image/png\\r\\n\\r\\n\\r\\n------B--\\r\\n";
    const { parameters, leftOut } = imported(`curl x.org -H 'content-type: multipart/form-data; boundary=----B' --data-raw $'${body}'`);
    expect(parameters).toMatchObject({
      body_type: "multipart",
      headers: [],
      form: [{ name: "a", value: "1\n2" }],
      files: [{ name: "f", file: null, filename: "x.png" }],
    });
    expect(leftOut).toEqual([{ why: "file", part: "x.png" }]);
  });

  it("prepares places for files", () => {
    expect(imported("curl x.org -F a=1 -F 'f=@dir/x.png'").parameters).toMatchObject({ body_type: "multipart", form: [{ name: "a", value: "1" }], files: [{ name: "f", file: null, filename: "x.png" }] });
    expect(imported("curl x.org -T x.bin -H 'Content-Type: a/b'").parameters).toMatchObject({ method: "PUT", body_type: "file", file: null, content_type: "a/b", headers: [] });
  });

  it("leaves secrets of the body empty", () => {
    const form = imported("curl x.org -d 'grant_type=x&client_secret=abc'");
    expect(form.parameters["form"]).toEqual([
      { name: "grant_type", value: "x" },
      { name: "client_secret", value: "" },
    ]);
    const json = imported(`curl x.org --json '{"user": {"name": "ann", "password": "pw"}, "tokens": 3}'`);
    expect(json.parameters["body"]).toEqual({ user: { name: "ann", password: "" }, tokens: 3 });
    expect([...form.leftOut, ...json.leftOut]).toEqual([
      { why: "field", part: "client_secret" },
      { why: "field", part: "password" },
    ]);
  });

  it("takes over timeouts, redirects, TLS and the proxy", () => {
    expect(imported("curl -kL --max-redirs 99 -m 9999 --connect-timeout 2 -x p:1 x.org").parameters).toMatchObject({
      verify_tls: false,
      follow_redirects: true,
      max_redirects: 50,
      total_timeout_s: 3600,
      connect_timeout_s: 2,
      proxy: "http://p:1",
    });
    // curl follows redirects only when told to.
    expect(imported("curl x.org").parameters).toMatchObject({ follow_redirects: false, verify_tls: true });
  });

  it("tells of methods that do not exist here", () => {
    const { parameters, leftOut } = imported("curl -X PROPFIND x.org");
    expect(parameters["method"]).toBe("GET");
    expect(leftOut).toEqual([{ why: "unsupported", part: "-X PROPFIND" }]);
  });
});
