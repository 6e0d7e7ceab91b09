/** Why there is no check by this schema: what is wrong with it, or which documents it needs that were not given. */
export class SchemaFault {
  /** In words a person can act on. */
  readonly reason: string;
  /** `uri#/pointer`, in the document as it was given. */
  readonly where: string;
  /** Documents that it refers to. Whoever has them gives them and compiles again; otherwise empty. */
  readonly missing: readonly string[];

  constructor(reason: string, where: string, missing: readonly string[] = []) {
    this.reason = reason;
    this.where = where;
    this.missing = missing;
  }
}
