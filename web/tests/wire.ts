/**
 * Compiled, never run: every field that the console's own types name must exist in the API's document.
 * After a route changed: `npm run api`, then `npm run typecheck` names what the console must follow.
 */
import type { components } from "@/api/schema";
import type * as catalog from "@/api/catalog";
import type * as codes from "@/api/codes";
import type * as collab from "@/api/collab";
import type * as chain from "@/api/chain";
import type * as chainApps from "@/api/chainApps";
import type * as contracts from "@/api/contracts";
import type * as crypto from "@/api/crypto";
import type * as identifiers from "@/api/identifiers";
import type * as history from "@/api/history";
import type * as duties from "@/api/duties";
import type * as links from "@/api/links";
import type * as nodes from "@/api/nodes";
import type * as quality from "@/api/quality";
import type * as transfers from "@/api/transfers";
import type * as trace from "@/api/trace";
import type * as gateway from "@/api/gateway";
import type * as life from "@/api/interfaceLife";
import type * as imports from "@/api/imports";
import type * as kernel from "@/api/kernel";
import type * as releases from "@/api/releases";
import type * as replacements from "@/api/replacements";
import type * as reviews from "@/api/reviews";
import type * as reports from "@/api/reports";
import type * as selfcheck from "@/api/selfcheck";
import type * as search from "@/api/search";
import type * as units from "@/api/units";
import type { Me } from "@/stores/session";

type Wire = components["schemas"];
/** The names that `Own` has and `Theirs` has not; `never` is what we want. */
type Foreign<Own, Theirs> = Exclude<keyof Own, keyof Theirs>;
type None<T extends never> = T;

export type Checked = [
  None<Foreign<Me, Wire["Me"]>>,
  None<Foreign<kernel.Department, Wire["DepartmentOut"]>>,
  None<Foreign<kernel.Role, Wire["RoleOut"]>>,
  None<Foreign<kernel.User, Wire["UserOut"]>>,
  None<Foreign<kernel.IssuedPassword, Wire["OneTimePassword"]>>,
  None<Foreign<kernel.Job, Wire["JobOut"]>>,
  None<Foreign<kernel.Task, Wire["kernel__approvals__schemas__TaskOut"]>>,
  None<Foreign<kernel.Approval, Wire["ApprovalOut"]>>,
  None<Foreign<kernel.AuditLine, Wire["AuditOut"]>>,
  None<Foreign<catalog.TreeNode, Wire["TreeNode"]>>,
  None<Foreign<catalog.Stats, Wire["Stats"]>>,
  None<Foreign<catalog.CodeList, Wire["CodeListOut"]>>,
  None<Foreign<Omit<catalog.NodeRow, "kind">, Wire["EntrySummary"]>>,
  None<Foreign<catalog.VersionRow, Wire["VersionOut"]>>,
  None<Foreign<catalog.FieldDiff, Wire["FieldDiff"]>>,
  None<Foreign<reviews.CaseDetail, Wire["CaseDetail"]>>,
  None<Foreign<reviews.Decision, Wire["BatchDecision"]>>,
  None<Foreign<reviews.ReviewRule, Wire["catalog__review__schemas__RuleOut"]>>,
  None<Foreign<reviews.SecrecyRecord, Wire["SecrecyRecord"]>>,
  None<Foreign<releases.Release, Wire["ReleaseOut"]>>,
  None<Foreign<releases.ReleaseIn, Wire["ReleaseIn"]>>,
  None<Foreign<releases.Tombstone, Wire["TombstoneOut"]>>,
  None<Foreign<transfers.Transfer, Wire["TransferOut"]>>,
  None<Foreign<transfers.Selection, Wire["SelectionIn"]>>,
  None<Foreign<transfers.TransferPreview, Wire["catalog__transfers__schemas__PreviewOut"]>>,
  None<Foreign<transfers.TransferNode, Wire["TransferNodeOut"]>>,
  None<Foreign<history.Then, Wire["ThenOut"]>>,
  None<Foreign<history.NodeThen, Wire["NodeAtOut"]>>,
  None<Foreign<history.ThenCounts, Wire["AsOfCounts"]>>,
  None<Foreign<history.Changed, Wire["ChangedOut"]>>,
  None<Foreign<history.DiffCount, Wire["DiffCounts"]>>,
  None<Foreign<links.LinkChange, Wire["LinkChangeOut"]>>,
  None<Foreign<links.Proposal, Wire["catalog__links__schemas__ProposalOut"]>>,
  None<Foreign<duties.Plan, Wire["PlanIn"]>>,
  None<Foreign<duties.DutyChange, Wire["catalog__dutychange__schemas__ChangeOut"]>>,
  None<Foreign<trace.OrphanRow, Wire["OrphanRow"]>>,
  None<Foreign<trace.Trace, Wire["catalog__trace__schemas__TraceOut"]>>,
  None<Foreign<quality.Failing, Wire["FailingCell"]>>,
  None<Foreign<quality.QualitySummary, Wire["Summary"]>>,
  None<Foreign<imports.CellClash, Wire["ClashOut"]>>,
  None<Foreign<imports.Finding, Wire["catalog__imports__schemas__FindingOut"]>>,
  None<Foreign<imports.Cell, Wire["CellOut"]>>,
  None<Foreign<codes.Profile, Wire["catalog__codes__schemas__ProfileOut"]>>,
  None<Foreign<codes.ClassRow, Wire["ClassOut"]>>,
  None<Foreign<codes.Region, Wire["RegionOut"]>>,
  None<Foreign<codes.Bearer, Wire["BearerOut"]>>,
  None<Foreign<codes.Credit, Wire["CreditOut"]>>,
  None<Foreign<collab.Favourite, Wire["FavouriteOut"]>>,
  None<Foreign<collab.Unchanged, Wire["ConfirmationOut"]>>,
  None<Foreign<collab.EntryUnchanged, Wire["EntryUnchanged"]>>,
  None<Foreign<collab.DueEntry, Wire["DueOut"]>>,
  None<Foreign<collab.Subscription, Wire["SubscriptionOut"]>>,
  None<Foreign<search.SavedSearch, Wire["SavedOut"]>>,
  None<Foreign<kernel.Notice, Wire["NoticeOut"]>>,
  None<Foreign<imports.Undone, Wire["UndoOut"]>>,
  None<Foreign<imports.Profile, Wire["catalog__imports__schemas__ProfileOut"]>>,
  None<Foreign<chain.Block, Wire["BlockDetail"]>>,
  None<Foreign<chain.BlockList, Wire["BlockList"]>>,
  None<Foreign<chain.Transaction, Wire["TransactionOut"]>>,
  None<Foreign<chain.Point, Wire["Point"]>>,
  None<Foreign<chain.Release, Wire["Release"]>>,
  None<Foreign<chain.Stream, Wire["StreamOut"]>>,
  None<Foreign<chain.Verification, Wire["VerifyOut"]>>,
  None<Foreign<chain.Overview, Wire["chain__explorer__schemas__OverviewOut"]>>,
  None<Foreign<chain.Label, Wire["LabelOut"]>>,
  None<Foreign<chain.Carried, Wire["CarriedOut"]>>,
  None<Foreign<chain.ChainEvent, Wire["chain__explorer__schemas__EventOut"]>>,
  None<Foreign<chain.Hit, Wire["Hit"]>>,
  None<Foreign<chain.AddressInfo, Wire["AddressOut"]>>,
  None<Foreign<chain.Activity, Wire["DepartmentActivity"]>>,
  None<Foreign<chain.RunPoint, Wire["RunPoint"]>>,
  None<Foreign<chain.Run, Wire["RunOut"]>>,
  None<Foreign<chain.Witness, Wire["WitnessOut"]>>,
  None<Foreign<chain.WitnessList, Wire["WitnessList"]>>,
  None<Foreign<nodes.Sample, Wire["chain__nodes__schemas__SampleOut"]>>,
  None<Foreign<nodes.ChainNode, Wire["chain__nodes__schemas__NodeOut"]>>,
  None<Foreign<nodes.NodeList, Wire["chain__nodes__schemas__NodePage"]>>,
  None<Foreign<nodes.Hour, Wire["HourOut"]>>,
  None<Foreign<nodes.Looked, Wire["NodeLookOut"]>>,
  None<Foreign<nodes.Vote, Wire["VoteOut"]>>,
  None<Foreign<nodes.Account, Wire["AccountOut"]>>,
  None<Foreign<nodes.DepartmentLine, Wire["DepartmentLine"]>>,
  None<Foreign<nodes.NodeForm, Wire["NodeIn"]>>,
  None<Foreign<contracts.Live, Wire["Release"]>>,
  None<Foreign<contracts.Version, Wire["ContractVersionOut"]>>,
  None<Foreign<contracts.VersionDetail, Wire["VersionDetail"]>>,
  None<Foreign<contracts.VersionInput, Wire["VersionIn"]>>,
  None<Foreign<contracts.Deployment, Wire["DeploymentOut"]>>,
  None<Foreign<contracts.Parameter, Wire["Parameter"]>>,
  None<Foreign<contracts.Method, Wire["MethodOut"]>>,
  None<Foreign<contracts.Right, Wire["RightOut"]>>,
  None<Foreign<contracts.LiveForm, Wire["LiveOut"]>>,
  None<Foreign<contracts.Line, Wire["ContractLine"]>>,
  None<Foreign<contracts.Call, Wire["ContractCallOut"]>>,
  None<Foreign<contracts.Act, Wire["chain__contracts__schemas__EventOut"]>>,
  None<Foreign<chainApps.ChainApp, Wire["ChainAppOut"]>>,
  None<Foreign<chainApps.ChainAppDetail, Wire["ChainAppDetail"]>>,
  None<Foreign<chainApps.Version, Wire["ChainCredentialOut"]>>,
  None<Foreign<chainApps.Place, Wire["PlaceOut"]>>,
  None<Foreign<chainApps.TestReport, Wire["ChainReportOut"]>>,
  None<Foreign<chainApps.About, Wire["AboutIn"]>>,
  None<Foreign<chainApps.Issued, Wire["ChainIssuedOut"]>>,
  None<Foreign<chainApps.UseDay, Wire["UseDayOut"]>>,
  None<Foreign<chainApps.Announcement, Wire["AnnouncementOut"]>>,
  None<Foreign<chainApps.UnitHealth, Wire["UnitHealthOut"]>>,
  None<Foreign<crypto.Scope, Wire["ScopeOut"]>>,
  None<Foreign<crypto.DataKey, Wire["KeyOut"]>>,
  None<Foreign<crypto.Kek, Wire["KekOut"]>>,
  None<Foreign<crypto.KeyCopy, Wire["CopyOut"]>>,
  None<Foreign<crypto.KeyProcess, Wire["ProcessOut"]>>,
  None<Foreign<crypto.Sealing, Wire["SealedOut"]>>,
  None<Foreign<crypto.ScheduleInput, Wire["ScheduleIn"]>>,
  None<Foreign<crypto.Rotation, Wire["RotationOut"]>>,
  None<Foreign<gateway.InterfaceDetail, Wire["InterfaceDetail"]>>,
  None<Foreign<gateway.Revision, Wire["RevisionOut"]>>,
  None<Foreign<gateway.Definition, Wire["Definition"]>>,
  None<Foreign<gateway.ContractField, Wire["ContractField"]>>,
  None<Foreign<gateway.TableSource, Wire["TableSource"]>>,
  None<Foreign<gateway.AppDetail, Wire["AppDetail"]>>,
  None<Foreign<gateway.Issued, Wire["gateway__apps__schemas__IssuedOut"]>>,
  None<Foreign<gateway.DemandDetail, Wire["DemandDetail"]>>,
  None<Foreign<gateway.DemandItem, Wire["DemandItemOut"]>>,
  None<Foreign<gateway.DemandInput, Wire["DemandIn"]>>,
  None<Foreign<gateway.Grant, Wire["gateway__grants__schemas__GrantOut"]>>,
  None<Foreign<gateway.Call, Wire["CallOut"]>>,
  None<Foreign<life.Caller, Wire["CallerOut"]>>,
  None<Foreign<life.PageLink, Wire["gateway__pages__schemas__LinkOut"]>>,
  None<Foreign<life.Sample, Wire["Sample"]>>,
  None<Foreign<life.TrialDetail, Wire["TrialDetail"]>>,
  None<Foreign<life.Proposal, Wire["gateway__importing__schemas__ProposalOut"]>>,
  None<Foreign<life.TimelineEntry, Wire["TimelineEntry"]>>,
  None<Foreign<reports.ReportDetail, Wire["ReportOut"]>>,
  None<Foreign<reports.Figure, Wire["FigureOut"]>>,
  None<Foreign<identifiers.IdentifierField, Wire["crypto__identifiers__schemas__FieldOut"]>>,
  None<Foreign<identifiers.Batch, Wire["crypto__identifiers__schemas__BatchOut"]>>,
  None<Foreign<identifiers.Issued, Wire["crypto__identifiers__schemas__IssuedOut"]>>,
  None<Foreign<identifiers.FieldInput, Wire["FieldIn"]>>,
  None<Foreign<identifiers.LookInput, Wire["ManualIn"]>>,
  None<Foreign<identifiers.LookAnswer, Wire["AnswerOut"]>>,
  None<Foreign<identifiers.Look, Wire["LookOut"]>>,
  None<Foreign<identifiers.Seen, Wire["WhoOut"]>>,
  None<Foreign<identifiers.LookGrant, Wire["crypto__lookups__schemas__GrantOut"]>>,
  None<Foreign<identifiers.LookGrantInput, Wire["GrantIn"]>>,
  None<Foreign<identifiers.AppChoice, Wire["AppChoiceOut"]>>,
  None<Foreign<units.Unit, Wire["UnitOut"]>>,
  None<Foreign<units.UnitPage, Wire["UnitPage"]>>,
  None<Foreign<units.UnitPage["totals"], Wire["TotalsOut"]>>,
  None<Foreign<units.UnitDetail, Wire["UnitDetail"]>>,
  None<Foreign<units.Use, Wire["UseOut"]>>,
  None<Foreign<replacements.Target, Wire["crypto__replacement__schemas__TargetOut"]>>,
  None<Foreign<replacements.TargetInput, Wire["crypto__replacement__schemas__TargetIn"]>>,
  None<Foreign<replacements.Replacement, Wire["ReplacementOut"]>>,
  None<Foreign<replacements.Finding, Wire["crypto__replacement__schemas__FindingOut"]>>,
  None<Foreign<selfcheck.SelfCheck, Wire["SelfCheckOut"]>>,
  None<Foreign<reports.Trace, Wire["analytics__reports__schemas__TraceOut"]>>,
];
