// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {Governed} from "./Governed.sol";

/// @title Which accounts may send transactions, and which of them may deploy contracts.
/// @notice The list is what nodes enforce: the embedded chain reads `_rules` from state at admission and when it
/// checks a block; on other engines the reconciler pushes `accounts()` to every node. Who may send is kept by
/// ACCOUNTS; the right to deploy is given only by DEFAULT_ADMIN (k of n) and may be taken by both.
/// @dev A rule's first word is read from outside by its slot (see contracts_sc/slots.py), keccak256(account . slot of
/// `_rules`): flags are its lowest byte. The order of members must never change; the storage gate watches it.
abstract contract AccountRules is Governed {
    bytes32 public constant ACCOUNTS_ROLE = "accounts";
    uint8 public constant MAY_SEND = 1;
    uint8 public constant MAY_DEPLOY = 2;
    uint256 public constant MAX_ACCOUNT_CHANGES = 200;

    struct Rule {
        uint8 flags;  // MAY_SEND, or MAY_SEND | MAY_DEPLOY; 0: not listed
        uint64 changedIn;  // block of the last change
        uint32 position;  // place in the list, from 1; 0: not listed
        bytes32 department;
    }

    struct AccountChange {
        address account;
        bytes32 department;
        uint8 flags;
    }

    error InvalidAccountChange(address account, uint8 flags);
    error DeployNeedsApprovals(address account);
    error LastAccount(address account);
    error AccountChanges(uint256 given);

    event AccountChanged(address indexed account, bytes32 indexed department, uint8 before, uint8 flags, address by);

    mapping(address account => Rule) private _rules;
    address[] private _accounts;
    uint256[30] private _accountsGap;

    /// @notice All of at most MAX_ACCOUNT_CHANGES changes, or none; flags 0 takes an account off the list.
    function setAccounts(AccountChange[] calldata changes) external whenLive {
        bool admin = hasRole(DEFAULT_ADMIN_ROLE, msg.sender);
        if (!admin) _checkRole(ACCOUNTS_ROLE);
        if (changes.length == 0 || changes.length > MAX_ACCOUNT_CHANGES) revert AccountChanges(changes.length);
        for (uint256 i = 0; i < changes.length; i++) {
            AccountChange calldata change = changes[i];
            bool mayAlready = _rules[change.account].flags & MAY_DEPLOY != 0;
            if (!admin && change.flags & MAY_DEPLOY != 0 && !mayAlready) revert DeployNeedsApprovals(change.account);
            _setAccount(change);
        }
        // an empty list could never be mended: nobody could send the transaction
        if (_accounts.length == 0) revert LastAccount(changes[changes.length - 1].account);
    }

    /// @notice Whether an account's transactions are taken.
    function maySend(address account) external view returns (bool) {
        return _rules[account].flags & MAY_SEND != 0;
    }

    /// @notice Whether an account may create contracts.
    function mayDeploy(address account) external view returns (bool) {
        return _rules[account].flags & MAY_DEPLOY != 0;
    }

    /// @notice The rule of an account; flags 0 where it is not listed.
    function ruleOf(address account) external view returns (Rule memory) {
        return _rules[account];
    }

    /// @notice How many accounts are listed.
    function accountCount() external view returns (uint256) {
        return _accounts.length;
    }

    /// @notice A page of listed accounts. The order changes when one is taken off: read all pages at one block.
    function accounts(uint256 offset, uint256 size) external view returns (address[] memory page) {
        uint256 total = _accounts.length;
        uint256 start = offset < total ? offset : total;
        uint256 count = size < total - start ? size : total - start;
        page = new address[](count);
        for (uint256 i = 0; i < count; i++) {
            page[i] = _accounts[start + i];
        }
    }

    function _setAccount(AccountChange memory change) internal {
        if (change.account == address(0) || !_valid(change.flags)) {
            revert InvalidAccountChange(change.account, change.flags);
        }
        Rule storage rule = _rules[change.account];
        uint8 before = rule.flags;
        if (change.flags != 0 && before == 0) {
            _accounts.push(change.account);
            rule.position = uint32(_accounts.length);
        } else if (change.flags == 0 && before != 0) {
            address last = _accounts[_accounts.length - 1];
            _accounts[rule.position - 1] = last;
            _rules[last].position = rule.position;
            _accounts.pop();
            rule.position = 0;
        }
        rule.flags = change.flags;
        rule.department = change.department;
        rule.changedIn = uint64(block.number);
        emit AccountChanged(change.account, change.department, before, change.flags, msg.sender);
    }

    function _valid(uint8 flags) private pure returns (bool) {
        return flags == 0 || flags == MAY_SEND || flags == MAY_SEND | MAY_DEPLOY;
    }
}
