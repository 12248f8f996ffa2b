// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";

/// @title What every upgradable registry has: roles, freezing, upgrades that the platform cannot do alone.
/// @notice DEFAULT_ADMIN and UPGRADER go to the approvals contract (k of n persons) in the same transaction that
/// creates the proxy; the deployer never holds a role. The role of a department IS its 32-byte department id.
/// @dev State is in plain variables and heirs say `layout at erc7201("mulian.<Name>")`: the compiler's layout then
/// shows all of it to the storage gate, the roles included, and still nothing lies where a proxy could clash.
abstract contract Governed is Initializable, AccessControl, UUPSUpgradeable {
    bytes32 public constant UPGRADER_ROLE = "upgrader";
    bytes32 public constant FREEZER_ROLE = "freezer";

    error Frozen();
    error NotFrozen();
    error NoApprovals(address given);

    event FreezeChanged(bool frozen, bytes32 reason, address indexed by);

    bool private _frozen;
    uint256[47] private _governedGap;

    /// @dev The implementation itself can never be initialised; only proxies can.
    constructor() {
        _disableInitializers();
    }

    /// @dev Writes of heirs carry this; roles and upgrades do not, for they are what repairs a frozen registry.
    modifier whenLive() {
        if (_frozen) revert Frozen();
        _;
    }

    /// @notice Stops every write at once; `reason` is a digest or a short word, never personal data.
    function freeze(bytes32 reason) external onlyRole(FREEZER_ROLE) {
        if (_frozen) revert Frozen();
        _frozen = true;
        emit FreezeChanged(true, reason, msg.sender);
    }

    /// @notice Writes again: one person may stop a registry, only k of n may start it.
    function unfreeze(bytes32 reason) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (!_frozen) revert NotFrozen();
        _frozen = false;
        emit FreezeChanged(false, reason, msg.sender);
    }

    /// @notice Whether writes are stopped.
    function frozen() external view returns (bool) {
        return _frozen;
    }

    /// @notice The code that runs behind this proxy (ERC-1967).
    function implementation() external view returns (address) {
        return ERC1967Utils.getImplementation();
    }

    /// @notice How often this proxy was initialised: 1 at first, one more with every upgrade that migrates.
    function initializedVersion() external view returns (uint64) {
        return _getInitializedVersion();
    }

    /// @dev An address without code cannot be k of n persons; `freezer` may be zero.
    function _govern(address approvals, address freezer) internal onlyInitializing {
        if (approvals.code.length == 0) revert NoApprovals(approvals);
        _grantRole(DEFAULT_ADMIN_ROLE, approvals);
        _grantRole(UPGRADER_ROLE, approvals);
        if (freezer != address(0)) _grantRole(FREEZER_ROLE, freezer);
    }

    function _authorizeUpgrade(address) internal view override onlyRole(UPGRADER_ROLE) {}
}
