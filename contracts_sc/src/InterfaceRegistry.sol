// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {Governed} from "./Governed.sol";

/// @title Data interfaces: who registered them, how they stand, and how available they were.
/// @notice A department writes its own interfaces (role = department id). Availability is attested by somebody
/// else (ATTESTOR), once a period, and never rewritten: no department judges itself. `digest` commits to the
/// salted description, `evidence` to the probes and call counts that the figures were made of.
contract InterfaceRegistry is Governed layout at erc7201("mulian.InterfaceRegistry") {
    bytes32 public constant ATTESTOR_ROLE = "attestor";
    uint256 public constant MAX_BATCH = 200;

    enum Status { None, Draft, Running, Suspended, Retired }

    struct Registration {
        bytes32 department;
        bytes32 digest;
        uint64 version;  // 0: unknown; grows by one with every change
        Status status;
        uint64 lastPeriod;  // last attested period, 0 before the first
        uint64 changedIn;  // block of the last change of registration or status
    }

    struct Availability {
        bytes32 evidence;
        uint64 checks;
        uint64 successes;
        uint64 timestamp;  // 0: not attested
    }

    struct Attestation {
        bytes32 id;
        uint64 period;
        uint64 checks;
        uint64 successes;
        bytes32 evidence;
    }

    error VersionConflict(bytes32 id, uint64 expected, uint64 actual);
    error ForeignInterface(bytes32 id, bytes32 owner);
    error UnknownInterface(bytes32 id);
    error InvalidRegistration(bytes32 id);
    error InvalidStatus(bytes32 id, Status from, Status to);
    error InvalidAttestation(bytes32 id, uint64 period);
    error PeriodNotLater(bytes32 id, uint64 last, uint64 given);
    error BatchSize(uint256 given);

    event Registered(
        bytes32 indexed id, bytes32 indexed department, uint64 version, bytes32 digest, uint64 previousBlock
    );
    event StatusChanged(bytes32 indexed id, Status from, Status to, uint64 version, uint64 previousBlock);
    event Attested(
        bytes32 indexed id, uint64 indexed period, uint64 checks, uint64 successes, bytes32 evidence, address attestor
    );

    mapping(bytes32 id => Registration) private _interfaces;
    mapping(bytes32 id => mapping(uint64 period => Availability)) private _availability;

    /// @notice Called by the proxy's constructor. `freezer` may stop writes; zero for nobody.
    function initialize(address approvals, address freezer) external initializer {
        _govern(approvals, freezer);
    }

    /// @notice Registers an interface (`expectVersion` 0) or changes its description. A retired one stays as it is.
    function register(bytes32 id, bytes32 department, uint64 expectVersion, bytes32 digest)
        external
        whenLive
        onlyRole(department)
    {
        if (id == bytes32(0) || department == bytes32(0) || digest == bytes32(0)) revert InvalidRegistration(id);
        Registration storage entry = _interfaces[id];
        if (entry.version != expectVersion) revert VersionConflict(id, expectVersion, entry.version);
        if (entry.version == 0) {
            entry.department = department;
            entry.status = Status.Draft;
        } else if (entry.department != department) {
            revert ForeignInterface(id, entry.department);
        } else if (entry.status == Status.Retired) {
            revert InvalidStatus(id, Status.Retired, Status.Retired);
        }
        entry.digest = digest;
        emit Registered(id, department, expectVersion + 1, digest, _changed(entry));
    }

    /// @notice Moves an interface on: draft → running ⇄ suspended → retired; nothing leads back from retired.
    function setStatus(bytes32 id, uint64 expectVersion, Status to) external whenLive {
        Registration storage entry = _interfaces[id];
        if (entry.version == 0) revert UnknownInterface(id);
        _checkRole(entry.department);
        if (entry.version != expectVersion) revert VersionConflict(id, expectVersion, entry.version);
        Status from = entry.status;
        if (!_mayMove(from, to)) revert InvalidStatus(id, from, to);
        entry.status = to;
        uint64 previousBlock = _changed(entry);
        emit StatusChanged(id, from, to, expectVersion + 1, previousBlock);
    }

    /// @notice Fixes the availability of a period. Periods only go forward, and none is attested twice.
    function attest(Attestation calldata given) external whenLive onlyRole(ATTESTOR_ROLE) {
        _attest(given);
    }

    /// @notice All of at most MAX_BATCH attestations, or none.
    function attestBatch(Attestation[] calldata given) external whenLive onlyRole(ATTESTOR_ROLE) {
        if (given.length == 0 || given.length > MAX_BATCH) revert BatchSize(given.length);
        for (uint256 i = 0; i < given.length; i++) {
            _attest(given[i]);
        }
    }

    /// @notice The interface as it is now; version 0 where it was never registered.
    function interfaceOf(bytes32 id) external view returns (Registration memory) {
        return _interfaces[id];
    }

    /// @notice What was attested for a period; timestamp 0 where nothing was.
    function availabilityOf(bytes32 id, uint64 period) external view returns (Availability memory) {
        return _availability[id][period];
    }

    function _attest(Attestation calldata given) private {
        Registration storage entry = _interfaces[given.id];
        if (entry.version == 0) revert UnknownInterface(given.id);
        if (given.checks == 0 || given.successes > given.checks || given.evidence == bytes32(0)) {
            revert InvalidAttestation(given.id, given.period);
        }
        if (given.period <= entry.lastPeriod) revert PeriodNotLater(given.id, entry.lastPeriod, given.period);
        entry.lastPeriod = given.period;
        _availability[given.id][given.period] =
            Availability(given.evidence, given.checks, given.successes, uint64(block.timestamp));
        emit Attested(given.id, given.period, given.checks, given.successes, given.evidence, msg.sender);
    }

    function _changed(Registration storage entry) private returns (uint64 previousBlock) {
        entry.version += 1;
        previousBlock = entry.changedIn;
        entry.changedIn = uint64(block.number);
    }

    function _mayMove(Status from, Status to) private pure returns (bool) {
        if (to == Status.Running) return from == Status.Draft || from == Status.Suspended;
        if (to == Status.Suspended) return from == Status.Running;
        return to == Status.Retired && from != Status.Retired;
    }
}
