export interface Mutant {
  readonly name: string;
  /** What goes wrong in the world if this were written. */
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Test files, or folders of them, that must notice. */
  readonly tests: readonly string[];
}
