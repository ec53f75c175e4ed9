import { describe, expect, it } from "vitest";
import { curlParameters, parseCurl, splitWords } from "./parseCurl";

describe("splitWords", () => {
  it("knows quotes, escapes and continued lines", () => {
    expect(splitWords(`curl 'a b' "c \\"d\\"" e\\ f \\\n g $'x\\n\\'y'`)).toEqual(["curl", "a b", 'c "d"', "e f", "g", "x\n'y"]);
  });
});

describe("parseCurl", () => {
  it("reads what browsers copy", () => {
    const request = parseCurl(`curl 'https://api.example.com/orders?page=2' \\
      -X 'PUT' -H 'Content-Type: application/json' -H 'Authorization: Bearer x' --data-raw '{"id": 7}' --compressed`);
    expect(request).toMatchObject({
      method: "PUT",
      url: "https://api.example.com/orders",
      query: [{ name: "page", value: "2" }],
      headers: [{ name: "Content-Type", value: "application/json" }],
      body: '{"id": 7}',
      leftOut: ["Authorization"],
    });
  });

  it("guesses the method from the body", () => {
    expect(parseCurl("curl x.org")).toMatchObject({ method: "GET", url: "http://x.org" });
    expect(parseCurl("curl -d a=1 -d b=2 x.org")).toMatchObject({ method: "POST", body: "a=1&b=2" });
    expect(parseCurl("curl -G -d a=1 x.org")).toMatchObject({ method: "GET", body: null, query: [{ name: "a", value: "1" }] });
    expect(parseCurl("curl -XDELETE -k https://x.org")).toMatchObject({ method: "DELETE", insecure: true });
  });

  it("leaves secrets and files out and says so", () => {
    expect(parseCurl("curl -u me:secret -b s=1 https://x.org")?.leftOut).toEqual(["-u", "-b"]);
  });

  it("refuses other text", () => {
    expect(parseCurl("wget x")).toBeNull();
    expect(parseCurl("curl")).toBeNull();
  });
});

describe("curlParameters", () => {
  function parameters(command: string) {
    const request = parseCurl(command);
    return request && curlParameters(request);
  }

  it("tells JSON, forms and text apart", () => {
    expect(parameters(`curl x.org -d '{"a": 1}'`)).toMatchObject({ body_type: "json", body: { a: 1 } });
    expect(parameters("curl x.org -d a=1")).toMatchObject({ body_type: "form", body: { a: "1" } });
    expect(parameters("curl x.org -H 'Content-Type: text/plain' -d a=1")).toMatchObject({ body_type: "text", body: "a=1" });
    expect(parameters("curl x.org")).toMatchObject({ body_type: "none" });
  });
});
