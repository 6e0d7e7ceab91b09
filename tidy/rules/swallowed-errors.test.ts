import { expect, test } from "vitest";
import { only } from "../sources.js";
import { swallowedErrors } from "./swallowed-errors.js";

const found = (text: string) => swallowedErrors(only("packages/sinter/src/a.ts", text)).length;

test.each([
  "try { a(); } catch {}",
  "try { a(); } catch (error) {}",
  "function f() { try { a(); } catch { return undefined; } }",
  "function f() { try { a(); } catch (error) { return undefined; } }",
  "p.catch(() => {});",
  "p.catch(() => undefined);",
  "p.catch((error) => null);",
  "/** Of another. */\nfunction g() {}\nfunction f() { try { a(); } catch { return undefined; } }",
])("found: %s", (text) => {
  expect(found(text)).toBe(1);
});

test.each([
  "try { a(); } catch (error) { report(error); }",
  "try { a(); } catch (error) { throw new Error('x', { cause: error }); }",
  "try { a(); } catch { throw new Stopped(); }",
  'function f() { try { a(); } catch { return new Malformed("valid UTF-8 expected"); } }',
  "try { a(); } catch {\n // The file may be gone already, and that is what we want.\n}",
  "p.catch((error) => report(error));",
  "p.catch(report);",
  "/** Nothing, where the file cannot be read. */\nfunction f() { try { a(); } catch { return undefined; } }",
  "// Nobody waits for it any more.\np.catch(() => {});",
])("passes: %s", (text) => {
  expect(found(text)).toBe(0);
});
