import type { FamilyName } from "@sinter/simulator";

export interface CampaignMutant {
  readonly name: string;
  /** What goes wrong in the world if this were written. */
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Of scenarios, whose checkers must notice. */
  readonly family: FamilyName;
  /** Within so many of them. */
  readonly seeds: number;
}
