// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Merkle checkpoints of append-only streams, strictly sequential and hash-chained.
/// @notice Immutable: no proxy, no owner power over records. A stream id is its ASCII name left-aligned in
/// 32 bytes ("catalog" -> 0x636174616c6f67000...), and the role that may write a stream IS the stream id.
/// `root` is the RFC 6962 tree hash of leaves [0, fromIndex + leaves) of the whole stream; the contract does
/// not compute it (SM3 in the EVM would cost more than everything else), it fixes its order and its time.
contract AnchorRegistry is AccessControl {
    struct Head {
        uint64 seq;      // number of the last record, 0 before the first
        uint64 size;     // leaves in the stream so far
        bytes32 digest;  // head of the hash chain
        bytes32 root;    // tree root at `size`
    }

    struct Record {
        bytes32 root;
        bytes32 digest;
        uint64 fromIndex;
        uint64 leaves;
        uint64 blockNumber;
        uint64 timestamp;
    }

    error NotSequential(bytes32 stream, uint64 expected, uint64 given);
    error PreviousHeadMismatch(bytes32 stream, bytes32 expected, bytes32 given);
    error IndexMismatch(bytes32 stream, uint64 expected, uint64 given);
    error EmptyRecord(bytes32 stream);
    error RecordMismatch(bytes32 stream, uint64 seq);

    event Anchored(
        bytes32 indexed stream,
        uint64 indexed seq,
        bytes32 indexed root,
        bytes32 prevHead,
        uint64 fromIndex,
        uint64 leaves,
        bytes32 head
    );

    mapping(bytes32 stream => Head) private _heads;
    mapping(bytes32 stream => mapping(uint64 seq => Record)) private _records;

    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Appends one record. `prevHead` makes a resend harmless: a second copy reverts.
    /// @dev The first record of a stream either starts it (seq 1, prevHead 0, fromIndex 0) or continues one from
    /// an older registry or a lost chain: then it names the old head, and seq and fromIndex go on from there.
    function anchor(
        bytes32 stream,
        uint64 seq,
        bytes32 prevHead,
        bytes32 root,
        uint64 fromIndex,
        uint64 leaves
    ) external onlyRole(stream) returns (bytes32 head) {
        if (leaves == 0 || root == bytes32(0) || stream == bytes32(0)) revert EmptyRecord(stream);
        Head storage last = _heads[stream];
        if (last.seq != 0 || prevHead == bytes32(0)) {
            if (seq != last.seq + 1) revert NotSequential(stream, last.seq + 1, seq);
            if (prevHead != last.digest) revert PreviousHeadMismatch(stream, last.digest, prevHead);
            if (fromIndex != last.size) revert IndexMismatch(stream, last.size, fromIndex);
        } else if (seq < 2) {
            revert NotSequential(stream, 2, seq);
        }
        head = keccak256(abi.encode(prevHead, stream, seq, root, fromIndex, leaves));
        _heads[stream] = Head(seq, fromIndex + leaves, head, root);
        _records[stream][seq] = Record(root, head, fromIndex, leaves, uint64(block.number), uint64(block.timestamp));
        emit Anchored(stream, seq, root, prevHead, fromIndex, leaves, head);
    }

    /// @notice The last state of a stream; all zero where nothing was anchored.
    function headOf(bytes32 stream) external view returns (uint64 seq, uint64 size, bytes32 head, bytes32 root) {
        Head storage last = _heads[stream];
        return (last.seq, last.size, last.digest, last.root);
    }

    /// @notice One record; all zero where there is none.
    function recordOf(bytes32 stream, uint64 seq) external view returns (Record memory) {
        return _records[stream][seq];
    }

    /// @notice Reverts unless record `seq` of `stream` fixed exactly this root over exactly `size` leaves.
    function verify(bytes32 stream, uint64 seq, bytes32 root, uint64 size) external view {
        Record storage entry = _records[stream][seq];
        if (entry.leaves == 0 || entry.root != root || entry.fromIndex + entry.leaves != size) {
            revert RecordMismatch(stream, seq);
        }
    }
}
