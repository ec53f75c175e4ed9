import { expect, test } from "vitest";
import { formatBytes } from "./formatBytes";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [1023, "1,023 bytes"],
  [1536, "1.5 kB"],
  [20 * 1024, "20 kB"],
  [3.25 * 1024 ** 3, "3.3 GB"],
  [5000 * 1024 ** 4, "5,000 TB"],
])("%d bytes are told as %s", (bytes, text) => {
  expect(formatBytes(bytes, "en")).toBe(text);
});

test("they are told in Russian, too", () => {
  expect(formatBytes(1536, "ru")).toBe("1,5 кБ");
});
