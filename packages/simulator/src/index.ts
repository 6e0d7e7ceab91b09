// What the simulator gives to the other packages. Nothing inside the simulator imports this file.

export { AppWorld, type AppWorldOptions } from "./apps/app-world.js";
export { type Family, type FamilyName, type FamilyOptions, type FamilyRun, families, familyNames } from "./campaign/families.js";
export { defaultShares, familyOf, readShares, type Shares } from "./campaign/shares.js";
export { type Fails, type Shrunk, shrunk } from "./campaign/shrink.js";
export { spanOf, Tally } from "./campaign/tally.js";
export { FaultCount, type FaultKind, faultKinds } from "./feeds/fault-count.js";
export { type FeedsOptions, type FeedsResult, runFeeds } from "./feeds/feeds-scenario.js";
export { Bench, enumeratePowerCuts, type PowerCuts, type PowerCutsOptions, type Workload, workloads } from "./feeds/power-cuts.js";
export { type HostileKind, type HostilePlan, hostileKinds } from "./hostile/hostile-plan.js";
export type { PlanLimits, PlanSize } from "./hosts/run-limits.js";
export { type ComparedRun, comparison } from "./report/comparison.js";
export { linePlot } from "./report/line-plot.js";
export { simReport } from "./report/sim-report.js";
export { type SpaceTimeOptions, spaceTime } from "./report/space-time.js";
export { SeededRandom } from "./seeded-random.js";
export type {
  RoundEnd,
  SimChunk,
  SimLinkChange,
  SimRecord,
  SimRound,
  SimSample,
  SimSettings,
  SimTopology,
  SimTraffic,
  SimWeather,
} from "./sim/record.js";
export { SimRecorder, type SimRecorderOptions } from "./sim/recorder.js";
export {
  defaultSettings,
  faultIn,
  knobsOf,
  type SettingsAnswer,
  type SimProfileName,
  settingsFrom,
  simProfileNames,
  simProfiles,
  writesStopMs,
} from "./sim/settings.js";
export { apartText } from "./sim/sim-checks.js";
export { type FigureOptions, runFivePeers, runOneWrite } from "./sim/sim-figures.js";
export { convergenceSeconds, deviation, durationText, mean, quantile, shareText, summaryText } from "./sim/summary.js";
export {
  bytesByMessageTable,
  chunkRttsTable,
  chunksTable,
  peerName,
  rootsTable,
  roundsTable,
  simTables,
} from "./sim/tables.js";
export { linksOf, topologyOf, topologyText } from "./sim/topology.js";
export { runSim, type SimProgress, type SimRunOptions } from "./sim/virtual-run.js";
export { type Boot, type Booted, type BootSetup, SimulatedPeer } from "./simulated-peer.js";
export { type Chaos, ChaosTransport } from "./sync/chaos-transport.js";
export { limited, planned, type SyncPlan, type SyncTrouble, syncTroubles } from "./sync/sync-plan.js";
export { planOf, runSync, type SyncResult, type SyncRunOptions } from "./sync/sync-scenario.js";
export { Lifetime, type RunEnd, type RunOptions, Timeline } from "./timeline.js";
export { Trace, type TraceOptions, traceText } from "./trace.js";
export { runTwins, type TwinsOptions, type TwinsResult, type TwinTrouble, twinTroubles } from "./twins/twins-scenario.js";
export { runViews, type ViewsOptions, type ViewsResult, type ViewTrouble, viewTroubles } from "./views/views-scenario.js";
export { VirtualClock, type VirtualClockOptions, WallClock } from "./virtual-clock.js";
export { type Execute, VirtualCompute, type VirtualComputeOptions } from "./virtual-compute.js";
export { StubSigner, StubVerifier } from "./virtual-crypto.js";
export {
  type CrashOptions,
  type CrashReport,
  type DiskFault,
  type DiskTiming,
  sectorBytes,
  VirtualDisk,
  type VirtualDiskOptions,
} from "./virtual-disk.js";
export { calm, type LinkWeather } from "./virtual-link.js";
export { VirtualNetwork, type VirtualNetworkOptions } from "./virtual-network.js";
export { VirtualStore, type VirtualStoreOptions } from "./virtual-store.js";
export { SimulationError, type Topology, World, type WorldOptions } from "./world.js";
