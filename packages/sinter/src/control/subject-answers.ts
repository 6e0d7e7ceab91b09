import type { ChangeReport, DescribedSubjects, SubjectReport } from "@sinter/core";
import { wireReceipt } from "./messages.js";
import type { SubjectCall, SubjectStreamCall } from "./subject-messages.js";

/** What the holder's subjects say to a call, as it goes over the wire. */
export async function answerOf(described: DescribedSubjects, call: SubjectCall): Promise<unknown> {
  switch (call.call) {
    case "subjects":
      return await described.subjects(call.prefix);
    case "readSubject":
      return await described.readSubject(call.path, call);
    case "changeSubject":
      return wireReceipt(await described.changeSubject(call.path, call.calls, call));
    case "statusOf":
      return await described.statusOf(call.path, call);
    case "quarantinedOf":
      return await described.quarantinedOf(call.path, call);
    case "explainSubject":
      return await described.explainSubject(call.path, call.key, call);
    case "conflictsOf":
      return await described.conflictsOf(call.path, call);
    case "restoreConflict":
      return wireReceipt(await described.restoreConflict(call.path, call.conflict, call));
    case "tablePut":
      return wireReceipt(await described.tablePut(call.path, call.key, call.value, call));
    case "tableDelete":
      return wireReceipt(await described.tableDelete(call.path, call.key, call));
    case "tableGet":
      return await described.tableGet(call.path, call.key, call);
    case "tableScan":
      return await described.tableScan(call.path, call.scan, call);
    case "tableHistory":
      return await described.tableHistory(call.path, call.key, call);
    case "tableRoot":
      return await described.tableRoot(call.path, call);
  }
}

export function itemsOf(
  described: DescribedSubjects,
  call: SubjectStreamCall,
  signal: AbortSignal,
): AsyncIterable<SubjectReport | ChangeReport> {
  const { path, type, assurance } = call;
  const asked = { signal, ...(type === undefined ? {} : { type }), ...(assurance === undefined ? {} : { assurance }) };
  return call.call === "followSubject" ? described.followSubject(path, asked) : described.changesOf(path, asked);
}
