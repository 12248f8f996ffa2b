// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Which version of a key was in use from when on: monotone versions and digests of completed rotations.
/// @notice Immutable: no proxy, no owner power over records. Never key material and nothing made of it: a key is
/// named by a random 32-byte id, and `completion` is the digest of the rotation's certificate (rows done, none
/// left under the old version). The role that may write is the id of the department that holds the key.
contract KeyRotationLog is AccessControl {
    struct Head {
        uint64 seq;  // number of the last record, 0 before the first
        uint64 version;  // key version in use since it
        bytes32 digest;  // head of the hash chain
        bytes32 department;
    }

    struct Record {
        bytes32 completion;
        bytes32 digest;
        uint64 version;
        uint64 blockNumber;
        uint64 timestamp;
    }

    error NotSequential(bytes32 key, uint64 expected, uint64 given);
    error PreviousHeadMismatch(bytes32 key, bytes32 expected, bytes32 given);
    error VersionNotHigher(bytes32 key, uint64 current, uint64 given);
    error ForeignKey(bytes32 key, bytes32 owner);
    error EmptyRecord(bytes32 key);
    error RecordMismatch(bytes32 key, uint64 seq);

    event Rotated(
        bytes32 indexed key,
        bytes32 indexed department,
        uint64 indexed version,
        uint64 seq,
        bytes32 prevHead,
        bytes32 completion,
        bytes32 head
    );

    mapping(bytes32 key => Head) private _heads;
    mapping(bytes32 key => mapping(uint64 seq => Record)) private _records;

    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Records that `version` of a key is complete. `prevHead` makes a resend harmless: a second copy reverts.
    /// @dev The first record of a key either starts it (seq 1, prevHead 0) or continues one from an older log: then
    /// it names the old head, and seq goes on from there. A version may leave numbers out, never repeat or go back.
    function record(
        bytes32 key,
        bytes32 department,
        uint64 seq,
        bytes32 prevHead,
        uint64 version,
        bytes32 completion
    ) external onlyRole(department) returns (bytes32 head) {
        if (key == bytes32(0) || department == bytes32(0) || completion == bytes32(0)) revert EmptyRecord(key);
        Head storage last = _heads[key];
        if (last.seq != 0 && last.department != department) revert ForeignKey(key, last.department);
        if (last.seq != 0 || prevHead == bytes32(0)) {
            if (seq != last.seq + 1) revert NotSequential(key, last.seq + 1, seq);
            if (prevHead != last.digest) revert PreviousHeadMismatch(key, last.digest, prevHead);
        } else if (seq < 2) {
            revert NotSequential(key, 2, seq);
        }
        if (version <= last.version) revert VersionNotHigher(key, last.version, version);
        head = keccak256(abi.encode(prevHead, key, department, seq, version, completion));
        _heads[key] = Head(seq, version, head, department);
        _records[key][seq] = Record(completion, head, version, uint64(block.number), uint64(block.timestamp));
        emit Rotated(key, department, version, seq, prevHead, completion, head);
    }

    /// @notice The last state of a key; all zero where nothing was recorded.
    function headOf(bytes32 key) external view returns (Head memory) {
        return _heads[key];
    }

    /// @notice One record; all zero where there is none.
    function recordOf(bytes32 key, uint64 seq) external view returns (Record memory) {
        return _records[key][seq];
    }

    /// @notice Reverts unless record `seq` of a key says exactly this.
    function verify(bytes32 key, uint64 seq, uint64 version, bytes32 completion) external view {
        Record storage entry = _records[key][seq];
        if (entry.version == 0 || entry.version != version || entry.completion != completion) {
            revert RecordMismatch(key, seq);
        }
    }
}
