// JSON pointers (RFC 6901): "/services/api/replicas". The whole document is "".

/** The names on the way; `undefined`: no pointer. */
export function namesOfPointer(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) return undefined;
  const names = pointer.slice(1).split("/");
  // A tilde stands before 0 or 1, and nowhere else.
  if (names.some((name) => /~(?![01])/.test(name))) return undefined;
  return names.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function pointerOf(names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
