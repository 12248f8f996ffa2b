// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {Governed} from "./Governed.sol";

/// @title Which code runs where: releases of contracts by environment, name and version.
/// @notice An environment is its ASCII name left-aligned in 32 bytes, and the role that may record its releases
/// IS that word. "production" belongs to the approvals contract: a production release is a call of an operation that
/// k of n persons signed. An environment may ask for another first: "production" takes only code and layout that
/// the same version has in "test". `release` is the one digest over source, compiler, arguments, tests and reports.
contract ReleaseRegistry is Governed layout at erc7201("mulian.ReleaseRegistry") {
    bytes32 public constant PRODUCTION = "production";
    bytes32 public constant TEST = "test";

    struct Claim {
        bytes32 environment;
        bytes32 name;
        uint32 version;
        bytes32 codeHash;  // SHA-256 of the build's runtime code
        bytes32 layoutHash;  // SHA-256 of the canonical storage layout
        bytes32 release;
        bytes32 approval;  // digest of the platform's approval by a second person
        address implementation;
        address proxy;  // the implementation itself where there is no proxy
    }

    struct Release {
        bytes32 codeHash;
        bytes32 layoutHash;
        bytes32 release;
        bytes32 approval;
        bytes32 codeOnChain;  // keccak-256 of the implementation's code, seen here
        address implementation;
        uint64 blockNumber;  // 0: no such release
        uint32 previous;  // the version that was current before
        address proxy;
        uint64 timestamp;
        address recordedBy;
    }

    error InvalidRelease(bytes32 environment, bytes32 name, uint32 version);
    error VersionNotHigher(bytes32 environment, bytes32 name, uint32 latest, uint32 given);
    error NotPromoted(bytes32 environment, bytes32 name, uint32 version, bytes32 from);
    error UnknownRelease(bytes32 environment, bytes32 name, uint32 version);
    error NoCode(address target);

    event Released(
        bytes32 indexed environment,
        bytes32 indexed name,
        uint32 indexed version,
        bytes32 codeHash,
        bytes32 layoutHash,
        bytes32 release,
        bytes32 approval,
        address implementation,
        address proxy
    );
    event CurrentChanged(
        bytes32 indexed environment, bytes32 indexed name, uint32 from, uint32 to, bytes32 approval, address by
    );
    event PromotionChanged(bytes32 indexed environment, bytes32 from);

    mapping(bytes32 environment => mapping(bytes32 name => mapping(uint32 version => Release))) private _releases;
    mapping(bytes32 environment => mapping(bytes32 name => uint32)) private _latest;
    mapping(bytes32 environment => mapping(bytes32 name => uint32)) private _current;
    mapping(bytes32 environment => bytes32) private _promotedFrom;

    /// @notice Called by the proxy's constructor. `releaser` may record releases in "test"; zero for nobody yet.
    function initialize(address approvals, address freezer, address releaser) external initializer {
        _govern(approvals, freezer);
        _grantRole(PRODUCTION, approvals);
        if (releaser != address(0)) _grantRole(TEST, releaser);
        _promotedFrom[PRODUCTION] = TEST;
        emit PromotionChanged(PRODUCTION, TEST);
    }

    /// @notice Records a release and makes it the current one.
    function record(Claim calldata claim) external whenLive onlyRole(claim.environment) {
        if (
            claim.environment == bytes32(0) || claim.name == bytes32(0) || claim.codeHash == bytes32(0)
                || claim.layoutHash == bytes32(0) || claim.release == bytes32(0)
        ) {
            revert InvalidRelease(claim.environment, claim.name, claim.version);
        }
        uint32 latest = _latest[claim.environment][claim.name];
        if (claim.version <= latest) {
            revert VersionNotHigher(claim.environment, claim.name, latest, claim.version);
        }
        if (claim.implementation.code.length == 0) revert NoCode(claim.implementation);
        if (claim.proxy.code.length == 0) revert NoCode(claim.proxy);
        _checkPromotion(claim);
        _store(claim);
    }

    /// @notice Makes a recorded version the current one again: roll back, or forward after it.
    function setCurrent(bytes32 environment, bytes32 name, uint32 version, bytes32 approval)
        external
        whenLive
        onlyRole(environment)
    {
        if (_releases[environment][name][version].blockNumber == 0) revert UnknownRelease(environment, name, version);
        uint32 from = _current[environment][name];
        _current[environment][name] = version;
        emit CurrentChanged(environment, name, from, version, approval, msg.sender);
    }

    /// @notice Says which environment a release must have passed before `environment`; zero for none.
    function setPromotion(bytes32 environment, bytes32 from) external whenLive onlyRole(DEFAULT_ADMIN_ROLE) {
        if (environment == bytes32(0) || environment == from) revert InvalidRelease(environment, bytes32(0), 0);
        _promotedFrom[environment] = from;
        emit PromotionChanged(environment, from);
    }

    /// @notice One release; blockNumber 0 where there is none.
    function releaseOf(bytes32 environment, bytes32 name, uint32 version) external view returns (Release memory) {
        return _releases[environment][name][version];
    }

    /// @notice The version in use and its release; version 0 where there is none.
    function currentOf(bytes32 environment, bytes32 name)
        external
        view
        returns (uint32 version, Release memory release)
    {
        version = _current[environment][name];
        return (version, _releases[environment][name][version]);
    }

    /// @notice The highest version recorded.
    function latestOf(bytes32 environment, bytes32 name) external view returns (uint32) {
        return _latest[environment][name];
    }

    /// @notice The environment that a release must have passed before; zero where none is asked for.
    function promotedFrom(bytes32 environment) external view returns (bytes32) {
        return _promotedFrom[environment];
    }

    function _checkPromotion(Claim calldata claim) private view {
        bytes32 from = _promotedFrom[claim.environment];
        if (from == bytes32(0)) return;
        Release storage before = _releases[from][claim.name][claim.version];
        // no such release has hash zero, which a claim cannot have
        if (before.codeHash != claim.codeHash || before.layoutHash != claim.layoutHash) {
            revert NotPromoted(claim.environment, claim.name, claim.version, from);
        }
    }

    function _store(Claim calldata claim) private {
        uint32 previous = _current[claim.environment][claim.name];
        _releases[claim.environment][claim.name][claim.version] = Release({
            codeHash: claim.codeHash,
            layoutHash: claim.layoutHash,
            release: claim.release,
            approval: claim.approval,
            codeOnChain: claim.implementation.codehash,
            implementation: claim.implementation,
            blockNumber: uint64(block.number),
            previous: previous,
            proxy: claim.proxy,
            timestamp: uint64(block.timestamp),
            recordedBy: msg.sender
        });
        _latest[claim.environment][claim.name] = claim.version;
        _current[claim.environment][claim.name] = claim.version;
        emit Released(
            claim.environment, claim.name, claim.version, claim.codeHash, claim.layoutHash, claim.release,
            claim.approval, claim.implementation, claim.proxy
        );
        emit CurrentChanged(claim.environment, claim.name, previous, claim.version, claim.approval, msg.sender);
    }
}
