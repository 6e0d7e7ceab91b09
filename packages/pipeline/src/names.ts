// Names of objects as fragments have them: in one Unicode form, whoever typed them, and each a property of its own.

/** All characters before it are composed. */
const COMPOSED_BELOW = 0x300;

/** NFC. Texts that are values stay as they are. */
export function composed(name: string): string {
  for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) >= COMPOSED_BELOW) return name.normalize("NFC");
  return name;
}

/** `__proto__` is a name as all others, and would otherwise set what the object inherits from. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__") Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  else object[name] = value;
}
