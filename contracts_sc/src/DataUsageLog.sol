// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Use of data per gateway and period: the root of the period's call log and what was counted.
/// @notice Immutable: no proxy, no owner power over records. `root` commits to the period's log segments, so
/// that counts can be recomputed from what departments keep; totals are added up here and cannot be. The role
/// that may write a gateway's periods is the gateway's 32-byte id.
contract DataUsageLog is AccessControl {
    struct Usage {
        uint64 calls;
        uint64 failures;  // of the calls
        uint64 records;  // data records handed out
        uint64 bytesOut;
    }

    struct Head {
        uint64 seq;  // number of the last record, 0 before the first
        uint64 period;  // its period: hours since 1970 in UTC
        bytes32 digest;  // head of the hash chain
        Usage total;  // of all records of this log
    }

    struct Record {
        bytes32 root;
        bytes32 digest;
        Usage usage;
        uint64 period;
        uint64 blockNumber;
        uint64 timestamp;
    }

    error NotSequential(bytes32 gateway, uint64 expected, uint64 given);
    error PreviousHeadMismatch(bytes32 gateway, bytes32 expected, bytes32 given);
    error PeriodNotLater(bytes32 gateway, uint64 last, uint64 given);
    error InvalidUsage(bytes32 gateway, uint64 period);
    error RecordMismatch(bytes32 gateway, uint64 seq);

    event UsageRecorded(
        bytes32 indexed gateway,
        uint64 indexed period,
        bytes32 indexed root,
        uint64 seq,
        bytes32 prevHead,
        Usage usage,
        bytes32 head
    );

    mapping(bytes32 gateway => Head) private _heads;
    mapping(bytes32 gateway => mapping(uint64 seq => Record)) private _records;

    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Appends a period. `prevHead` makes a resend harmless: a second copy reverts.
    /// @dev The first record of a gateway either starts it (seq 1, prevHead 0) or continues one from an older log:
    /// then it names the old head, seq goes on from there, and totals begin at zero. Periods without calls may be
    /// left out; none comes twice or late.
    function record(
        bytes32 gateway,
        uint64 seq,
        bytes32 prevHead,
        uint64 period,
        bytes32 root,
        Usage calldata usage
    ) external onlyRole(gateway) returns (bytes32 head) {
        if (gateway == bytes32(0) || root == bytes32(0) || period == 0 || usage.failures > usage.calls) {
            revert InvalidUsage(gateway, period);
        }
        Head storage last = _heads[gateway];
        if (last.seq != 0 || prevHead == bytes32(0)) {
            if (seq != last.seq + 1) revert NotSequential(gateway, last.seq + 1, seq);
            if (prevHead != last.digest) revert PreviousHeadMismatch(gateway, last.digest, prevHead);
        } else if (seq < 2) {
            revert NotSequential(gateway, 2, seq);
        }
        if (period <= last.period) revert PeriodNotLater(gateway, last.period, period);
        head = keccak256(abi.encode(prevHead, gateway, seq, period, root, usage));
        _heads[gateway] = Head(seq, period, head, _sum(last.total, usage));
        _records[gateway][seq] =
            Record(root, head, usage, period, uint64(block.number), uint64(block.timestamp));
        emit UsageRecorded(gateway, period, root, seq, prevHead, usage, head);
    }

    /// @notice The last state of a gateway; all zero where nothing was recorded.
    function headOf(bytes32 gateway) external view returns (Head memory) {
        return _heads[gateway];
    }

    /// @notice One record; all zero where there is none.
    function recordOf(bytes32 gateway, uint64 seq) external view returns (Record memory) {
        return _records[gateway][seq];
    }

    /// @notice Reverts unless record `seq` of a gateway fixed exactly this period, root and usage.
    function verify(bytes32 gateway, uint64 seq, uint64 period, bytes32 root, Usage calldata usage) external view {
        Record storage entry = _records[gateway][seq];
        if (
            entry.period == 0 || entry.period != period || entry.root != root
                || keccak256(abi.encode(entry.usage)) != keccak256(abi.encode(usage))
        ) {
            revert RecordMismatch(gateway, seq);
        }
    }

    /// @dev Checked arithmetic: a total that would wrap around refuses the record.
    function _sum(Usage memory total, Usage calldata more) private pure returns (Usage memory) {
        return Usage(
            total.calls + more.calls,
            total.failures + more.failures,
            total.records + more.records,
            total.bytesOut + more.bytesOut
        );
    }
}
