import { peerName } from "../sim/tables.js";

// A row a peer, while they can be told apart; beyond that thin rows, and beyond those a row for several.

export interface PeerRow {
  readonly peers: readonly number[];
  /** Of the first row in some; not all have room for theirs. */
  readonly label: string | undefined;
}

export interface RowPlan {
  readonly rows: readonly PeerRow[];
  readonly rowHeight: number;
  /** What is said below the plot of how it is drawn; nothing where each peer has a row that can be read. */
  readonly note: string | undefined;
}

const LABELLED = 40;
const THIN = 200;
const ROWS_WHEN_GROUPED = 125;
const LABELS = 20;
const TALL_PX = 14;
const PICTURE_PX = 500;

export function peerRows(peers: number): RowPlan {
  const perRow = peers <= THIN ? 1 : Math.ceil(peers / ROWS_WHEN_GROUPED);
  const count = Math.ceil(peers / perRow);
  const every = count <= LABELLED ? 1 : Math.ceil(count / LABELS);
  const rows = Array.from({ length: count }, (_, row) => {
    const all = Array.from({ length: Math.min(perRow, peers - row * perRow) }, (_, at) => row * perRow + at);
    return { peers: all, label: row % every === 0 ? peerName(row * perRow) : undefined };
  });
  const rowHeight = count <= LABELLED ? TALL_PX : PICTURE_PX / count;
  return { rows, rowHeight, note: noteOf(perRow, every) };
}

function noteOf(perRow: number, every: number): string | undefined {
  if (perRow > 1) return `Each row stands for ${perRow} peers, one after the other; one row in ${every} is named.`;
  return every > 1 ? `Rows are thin, one a peer; one in ${every} is named.` : undefined;
}
