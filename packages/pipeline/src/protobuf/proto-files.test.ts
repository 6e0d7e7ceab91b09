import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SinterError } from "@sinter/core";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { protoFileBytesMax, protoFilesMax } from "../limits.js";
import { readProtoFiles } from "./proto-files.js";
import { protobuf } from "./protobuf.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sinter-proto-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function put(path: string, text: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return join(folder, path);
}

const proto = (body: string, ...imports: string[]) => `syntax = "proto3";\n${imports.map((name) => `import "${name}";\n`).join("")}${body}`;
const namesOf = (files: ReturnType<typeof readProtoFiles>) => files.map(({ path }) => path.slice(folder.length + 1));

test("what is imported is looked for in the folders given, beside the file, and above it", () => {
  const file = put(
    "protos/acme/service/main.proto",
    proto("message M { A a = 1; B b = 2; C c = 3; }", "acme/a.proto", "b.proto", "c.proto"),
  );
  put("protos/acme/a.proto", proto("message A { C c = 1; }", "c.proto"));
  put("protos/acme/service/b.proto", proto("message B {}"));
  const more = put("more/c.proto", proto("message C { int32 x = 1; }"));
  expect(() => readProtoFiles({ file })).toThrow("imports c.proto, which is not there");
  const files = readProtoFiles({ file, includes: [dirname(more)] });
  expect(namesOf(files)).toEqual(["more/c.proto", "protos/acme/a.proto", "protos/acme/service/b.proto", "protos/acme/service/main.proto"]);
  expect(protobuf({ files, message: "M" }).parse(Buffer.of(0x1a, 2, 0x08, 5))[0]?.body).toEqual({ c: { x: 5 } });
  put("protos/c.proto", proto("message C { int32 y = 1; }"));
  expect(namesOf(readProtoFiles({ file }))[0]).toBe("protos/c.proto");
});

test("files may import one another in a circle, and weakly", () => {
  const file = put("a.proto", proto("message A {}", "b.proto"));
  put("b.proto", 'syntax = "proto3"; import weak "a.proto"; message B {}');
  expect(namesOf(readProtoFiles({ file }))).toEqual(["b.proto", "a.proto"]);
});

test("Google's own need not be there", () => {
  const file = put(
    "a.proto",
    proto("message A { google.protobuf.Type type = 1; }", "google/protobuf/type.proto", "google/protobuf/descriptor.proto"),
  );
  expect(protobuf({ files: readProtoFiles({ file }), message: "A" }).parse(Buffer.of(0x0a, 3, 0x0a, 1, 0x78))[0]?.body).toEqual({
    type: { name: "x" },
  });
});

test("what is wrong with a schema is said with the file, and what to do", () => {
  expect(() => readProtoFiles({ file: join(folder, "none.proto") })).toThrow(SinterError);
  const broken = put("broken.proto", "syntax = 'proto3';\nmessage {");
  expect(() => readProtoFiles({ file: broken })).toThrow(/broken\.proto: .*line 2/);
  const dangling = readProtoFiles({ file: put("dangling.proto", proto("message A { Nothing x = 1; }")) });
  expect(() => protobuf({ files: dangling, message: "A" })).toThrow(/dangling\.proto: no such .*Nothing/);
});

test("a schema may have so many files of so many bytes, and no more", () => {
  const files = (count: number) => {
    for (let at = 0; at < count; at++) put(`f${at}.proto`, proto("", ...(at + 1 < count ? [`f${at + 1}.proto`] : [])));
    return { file: join(folder, "f0.proto") };
  };
  expect(readProtoFiles(files(protoFilesMax))).toHaveLength(protoFilesMax);
  expect(() => readProtoFiles(files(protoFilesMax + 1))).toThrow(`more than ${protoFilesMax} files`);
  const text = proto("");
  const large = put("large.proto", text + " ".repeat(protoFileBytesMax - text.length));
  expect(readProtoFiles({ file: large })).toHaveLength(1);
  put("large.proto", text + " ".repeat(protoFileBytesMax - text.length + 1));
  expect(() => readProtoFiles({ file: large })).toThrow(SinterError);
});
