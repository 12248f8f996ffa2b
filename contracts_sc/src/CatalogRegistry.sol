// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {Governed} from "./Governed.sol";

/// @title Current heads of catalog entries, for compare-and-set and transfer between departments.
/// @notice The role of a department IS its 32-byte department id. Digests are salted by the caller: nothing
/// personal and no unsalted digest of a guessable value may be put here. Storage holds heads only; history is in
/// the events, and every event and head names the block of the change before it, so that a reader walks from
/// the head to version 1 with one look into one block a step and misses nothing.
contract CatalogRegistry is Governed layout at erc7201("mulian.CatalogRegistry") {
    uint256 public constant MAX_BATCH = 200;

    struct Entry {
        bytes32 department;
        bytes32 digest;
        uint64 version;  // 0: unknown; grows by one with every put and every accepted transfer
        uint8 status;
        uint64 changedIn;  // block of the last put or transfer
    }

    struct Put {
        bytes32 id;
        bytes32 department;
        uint64 expectVersion;
        bytes32 digest;
        uint8 status;
    }

    struct Offer {
        bytes32 to;
        uint64 version;  // the offer stands only while the entry is at this version
    }

    error VersionConflict(bytes32 id, uint64 expected, uint64 actual);
    error ForeignEntry(bytes32 id, bytes32 owner);
    error UnknownEntry(bytes32 id);
    error NoOffer(bytes32 id);
    error InvalidPut(bytes32 id);
    error BatchSize(uint256 given);

    event EntryPut(
        bytes32 indexed id,
        bytes32 indexed department,
        uint64 version,
        bytes32 digest,
        uint8 status,
        uint64 previousBlock
    );
    event TransferOffered(bytes32 indexed id, bytes32 indexed from, bytes32 indexed to, uint64 version);
    event TransferCancelled(bytes32 indexed id, bytes32 indexed from, bytes32 indexed to);
    event Transferred(
        bytes32 indexed id, bytes32 indexed from, bytes32 indexed to, uint64 version, uint64 previousBlock
    );

    mapping(bytes32 id => Entry) private _entries;
    mapping(bytes32 id => Offer) private _offers;

    /// @notice Called by the proxy's constructor. `freezer` may stop writes; zero for nobody.
    function initialize(address approvals, address freezer) external initializer {
        _govern(approvals, freezer);
    }

    /// @notice Writes an entry if it is still at `expectVersion` (0 creates it).
    function put(bytes32 id, bytes32 department, uint64 expectVersion, bytes32 digest, uint8 status)
        external
        whenLive
    {
        _put(Put(id, department, expectVersion, digest, status));
    }

    /// @notice All of at most MAX_BATCH puts, or none.
    function putBatch(Put[] calldata puts) external whenLive {
        if (puts.length == 0 || puts.length > MAX_BATCH) revert BatchSize(puts.length);
        for (uint256 i = 0; i < puts.length; i++) {
            _put(puts[i]);
        }
    }

    /// @notice The holding department offers an entry at its present version to another.
    function offerTransfer(bytes32 id, bytes32 to, uint64 expectVersion) external whenLive {
        Entry storage entry = _held(id, expectVersion);
        _checkRole(entry.department);
        if (to == bytes32(0) || to == entry.department) revert InvalidPut(id);
        _offers[id] = Offer(to, expectVersion);
        emit TransferOffered(id, entry.department, to, expectVersion);
    }

    /// @notice The holding department takes its offer back.
    function cancelTransfer(bytes32 id) external whenLive {
        Entry storage entry = _entries[id];
        if (_offers[id].to == bytes32(0)) revert NoOffer(id);
        _checkRole(entry.department);
        emit TransferCancelled(id, entry.department, _offers[id].to);
        delete _offers[id];
    }

    /// @notice The receiving department accepts; any put since the offer makes the offer void.
    function acceptTransfer(bytes32 id, uint64 expectVersion) external whenLive {
        Entry storage entry = _held(id, expectVersion);
        Offer memory offer = _offers[id];
        if (offer.to == bytes32(0) || offer.version != entry.version) revert NoOffer(id);
        _checkRole(offer.to);
        bytes32 from = entry.department;
        entry.department = offer.to;
        entry.version += 1;
        uint64 previousBlock = entry.changedIn;
        entry.changedIn = uint64(block.number);
        delete _offers[id];
        emit Transferred(id, from, offer.to, entry.version, previousBlock);
    }

    /// @notice The entry as it is now; version 0 where it was never put.
    function entryOf(bytes32 id) external view returns (Entry memory) {
        return _entries[id];
    }

    /// @notice The open offer of an entry; `to` is zero where there is none that still stands.
    function offerOf(bytes32 id) external view returns (Offer memory offer) {
        offer = _offers[id];
        if (offer.version != _entries[id].version) delete offer;
    }

    function _held(bytes32 id, uint64 expectVersion) private view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.version == 0) revert UnknownEntry(id);
        if (entry.version != expectVersion) revert VersionConflict(id, expectVersion, entry.version);
    }

    function _put(Put memory change) private {
        _checkRole(change.department);
        if (change.id == bytes32(0) || change.department == bytes32(0) || change.digest == bytes32(0)) {
            revert InvalidPut(change.id);
        }
        Entry storage entry = _entries[change.id];
        if (entry.version != change.expectVersion) {
            revert VersionConflict(change.id, change.expectVersion, entry.version);
        }
        if (entry.version != 0 && entry.department != change.department) {
            revert ForeignEntry(change.id, entry.department);
        }
        uint64 version = change.expectVersion + 1;
        uint64 previousBlock = entry.changedIn;
        _entries[change.id] =
            Entry(change.department, change.digest, version, change.status, uint64(block.number));
        emit EntryPut(change.id, change.department, version, change.digest, change.status, previousBlock);
    }
}
