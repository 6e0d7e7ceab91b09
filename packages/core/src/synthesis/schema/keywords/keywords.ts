import type { Site } from "../site.js";
import { constKeyword, enumKeyword, typeKeyword } from "./any-keywords.js";
import { containsKeywords, itemCountKeywords, itemKeywords, uniqueKeyword } from "./array-keywords.js";
import { anyOfKeyword, dependentSchemasKeyword, ifKeywords, notKeyword, oneOfKeyword, sameKeywords } from "./branch-keywords.js";
import { multipleKeyword, rangeKeywords } from "./number-keywords.js";
import { dependentRequiredKeyword, fieldCountKeywords, fieldKeywords, namesKeyword, requiredKeyword } from "./object-keywords.js";
import { lengthKeywords, patternKeyword } from "./text-keywords.js";
import { unevaluatedKeywords } from "./unevaluated-keywords.js";

/** All that test something, what is cheap first. Others are annotations (`format`, `contentEncoding`, `title` …) and test nothing. */
export const keywords: readonly ((site: Site) => void)[] = [
  typeKeyword,
  constKeyword,
  enumKeyword,
  rangeKeywords,
  multipleKeyword,
  lengthKeywords,
  patternKeyword,
  itemCountKeywords,
  uniqueKeyword,
  fieldCountKeywords,
  requiredKeyword,
  dependentRequiredKeyword,
  namesKeyword,
  itemKeywords,
  containsKeywords,
  fieldKeywords,
  sameKeywords,
  anyOfKeyword,
  oneOfKeyword,
  notKeyword,
  ifKeywords,
  dependentSchemasKeyword,
  unevaluatedKeywords,
];
