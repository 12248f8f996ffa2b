// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {AccountRules} from "./AccountRules.sol";

/// @title Nodes of the network, its validators, and the votes that change them.
/// @notice `getValidators()` is what Besu's QBFT reads in contract mode. A node is named by the address of its
/// key, the one it seals with. Every validator has one vote, cast by its operator's account; more than half of the
/// validators of the moment carry a proposal, and votes of nodes that are validators no more count no more.
/// The number of validators never falls below `minValidators`, and never to none.
contract NodeRegistry is AccountRules layout at erc7201("mulian.NodeRegistry") {
    uint256 public constant MAX_VALIDATORS = 64;
    uint256 public constant MAX_NODES = 512;
    uint256 public constant MAX_ENODE_BYTES = 300;
    uint64 public constant MIN_VOTING_PERIOD = 1 hours;
    uint64 public constant MAX_VOTING_PERIOD = 90 days;

    enum Kind { None, AddNode, RemoveNode, AddValidator, RemoveValidator, ChangeNode }
    enum State { None, Open, Carried }

    struct NewNode {
        address node;
        bytes32 department;
        address operator;
        string enode;
    }

    struct Node {
        bytes32 department;
        address operator;  // zero: not registered
        uint64 changedIn;  // block of the last change
        uint16 position;  // place in the list of nodes, from 1
        uint16 seat;  // place in the list of validators, from 1; 0: an observer
        string enode;
    }

    struct Proposal {
        Kind kind;
        State state;
        uint64 expiresAt;
        address node;
        address operator;  // this and what follows: AddNode, ChangeNode
        bytes32 department;
        string enode;
    }

    error InvalidNode(address node);
    error KnownNode(address node);
    error UnknownNode(address node);
    error StillValidator(address node);
    error NotValidator(address node);
    error AlreadyValidator(address node);
    error TooMany(uint256 limit);
    error TooFewValidators(uint256 minimum);
    error NotOperator(address validator, address sender);
    error AlreadyProposed(uint256 proposal);
    error NotOpen(uint256 proposal);
    error AlreadyVoted(uint256 proposal, address validator);
    error NoVote(uint256 proposal, address validator);
    error InvalidSetting(uint256 given);

    event Proposed(uint256 indexed proposal, Kind kind, address indexed node, address indexed by, uint64 expiresAt);
    event Voted(uint256 indexed proposal, address indexed validator, uint256 votes, uint256 needed);
    event VoteWithdrawn(uint256 indexed proposal, address indexed validator);
    event Carried(uint256 indexed proposal, Kind kind, address indexed node);
    event NodeAdded(address indexed node, bytes32 indexed department, address operator, string enode);
    event NodeRemoved(address indexed node);
    event ValidatorAdded(address indexed node, uint256 validators);
    event ValidatorRemoved(address indexed node, uint256 validators);
    event NodeChanged(address indexed node, bytes32 indexed department, address operator, string enode);
    event SettingsChanged(uint32 minValidators, uint64 votingPeriod);

    address[] private _validators;
    address[] private _nodeList;
    mapping(address node => Node) private _nodes;
    mapping(uint256 proposal => Proposal) private _proposals;
    mapping(uint256 proposal => mapping(address validator => bool)) private _votes;
    mapping(bytes32 subject => uint256 proposal) private _openFor;  // keccak256(kind, node)
    uint256 private _proposalCount;
    uint64 private _votingPeriod;
    uint32 private _minValidators;

    /// @notice Called by the proxy's constructor with the validators and accounts that the network starts with.
    function initialize(
        address approvals,
        address freezer,
        NewNode[] calldata validators,
        AccountChange[] calldata first,
        uint32 minValidators_,
        uint64 votingPeriod_
    ) external initializer {
        _govern(approvals, freezer);
        for (uint256 i = 0; i < validators.length; i++) {
            _addNode(validators[i]);
            _addValidator(validators[i].node);
        }
        for (uint256 i = 0; i < first.length; i++) {
            _setAccount(first[i]);
        }
        _set(minValidators_, votingPeriod_);
    }

    /// @notice The validators of the next block; never empty.
    function getValidators() external view returns (address[] memory) {
        return _validators;
    }

    /// @notice Proposes a change in the name of a validator and casts its vote. `change.department`, `.operator` and
    /// `.enode` are what a node has from then on (AddNode, ChangeNode); elsewhere they must be empty.
    function propose(address validator, Kind kind, NewNode calldata change) external whenLive returns (uint256 id) {
        _checkOperator(validator);
        _checkProposal(kind, change);
        bytes32 subject = keccak256(abi.encode(kind, change.node));
        id = _openFor[subject];
        if (id != 0 && _isOpen(_proposals[id])) revert AlreadyProposed(id);
        id = ++_proposalCount;
        _openFor[subject] = id;
        uint64 expiresAt = uint64(block.timestamp) + _votingPeriod;
        _proposals[id] =
            Proposal(kind, State.Open, expiresAt, change.node, change.operator, change.department, change.enode);
        emit Proposed(id, kind, change.node, validator, expiresAt);
        _vote(id, validator);
    }

    /// @notice Casts a validator's vote; the one that makes the majority carries the proposal at once.
    function vote(uint256 id, address validator) external whenLive {
        _checkOperator(validator);
        if (!_isOpen(_proposals[id])) revert NotOpen(id);
        if (_votes[id][validator]) revert AlreadyVoted(id, validator);
        _vote(id, validator);
    }

    /// @notice Takes a validator's vote back while the proposal is open.
    function withdrawVote(uint256 id, address validator) external whenLive {
        _checkOperator(validator);
        if (!_isOpen(_proposals[id])) revert NotOpen(id);
        if (!_votes[id][validator]) revert NoVote(id, validator);
        delete _votes[id][validator];
        emit VoteWithdrawn(id, validator);
    }

    /// @notice Sets the smallest number of validators and how long a vote may take, in seconds.
    function configure(uint32 minValidators_, uint64 votingPeriod_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _set(minValidators_, votingPeriod_);
    }

    /// @notice The smallest number of validators and how long a vote may take, in seconds.
    function configuration() external view returns (uint32 minValidators, uint64 votingPeriod) {
        return (_minValidators, _votingPeriod);
    }

    /// @notice All registered nodes.
    function nodes() external view returns (address[] memory) {
        return _nodeList;
    }

    /// @notice A node; `operator` is zero where it is not registered.
    function nodeOf(address node) external view returns (Node memory) {
        return _nodes[node];
    }

    /// @notice How many proposals there were; they are numbered from 1.
    function proposalCount() external view returns (uint256) {
        return _proposalCount;
    }

    /// @notice A proposal, whether it can still be voted on, the votes that count now, and how many it needs now.
    function proposalOf(uint256 id)
        external
        view
        returns (Proposal memory proposal, bool open, uint256 votes, uint256 needed)
    {
        proposal = _proposals[id];
        return (proposal, _isOpen(_proposals[id]), _count(id), _needed());
    }

    /// @notice Whether a validator's vote stands.
    function hasVoted(uint256 id, address validator) external view returns (bool) {
        return _votes[id][validator];
    }

    function _vote(uint256 id, address validator) private {
        _votes[id][validator] = true;
        uint256 votes = _count(id);
        uint256 needed = _needed();
        emit Voted(id, validator, votes, needed);
        if (votes >= needed) {
            Proposal storage proposal = _proposals[id];
            proposal.state = State.Carried;
            emit Carried(id, proposal.kind, proposal.node);
            _apply(proposal);
        }
    }

    function _apply(Proposal storage proposal) private {
        Kind kind = proposal.kind;
        if (kind == Kind.AddNode) {
            _addNode(NewNode(proposal.node, proposal.department, proposal.operator, proposal.enode));
        } else if (kind == Kind.RemoveNode) {
            _removeNode(proposal.node);
        } else if (kind == Kind.AddValidator) {
            _addValidator(proposal.node);
        } else if (kind == Kind.RemoveValidator) {
            _removeValidator(proposal.node);
        } else {
            _changeNode(proposal);
        }
    }

    function _addNode(NewNode memory given) private {
        uint256 length = bytes(given.enode).length;
        if (given.node == address(0) || given.operator == address(0) || length == 0 || length > MAX_ENODE_BYTES) {
            revert InvalidNode(given.node);
        }
        if (_nodes[given.node].operator != address(0)) revert KnownNode(given.node);
        if (_nodeList.length == MAX_NODES) revert TooMany(MAX_NODES);
        _nodeList.push(given.node);
        _nodes[given.node] = Node(
            given.department, given.operator, uint64(block.number), uint16(_nodeList.length), 0, given.enode
        );
        emit NodeAdded(given.node, given.department, given.operator, given.enode);
    }

    function _removeNode(address node) private {
        Node storage entry = _known(node);
        if (entry.seat != 0) revert StillValidator(node);
        address last = _nodeList[_nodeList.length - 1];
        _nodeList[entry.position - 1] = last;
        _nodes[last].position = entry.position;
        _nodeList.pop();
        delete _nodes[node];
        emit NodeRemoved(node);
    }

    function _addValidator(address node) private {
        Node storage entry = _known(node);
        if (entry.seat != 0) revert AlreadyValidator(node);
        if (_validators.length == MAX_VALIDATORS) revert TooMany(MAX_VALIDATORS);
        _validators.push(node);
        entry.seat = uint16(_validators.length);
        entry.changedIn = uint64(block.number);
        emit ValidatorAdded(node, _validators.length);
    }

    function _removeValidator(address node) private {
        Node storage entry = _known(node);
        if (entry.seat == 0) revert NotValidator(node);
        if (_validators.length <= _minValidators) revert TooFewValidators(_minValidators);
        address last = _validators[_validators.length - 1];
        _validators[entry.seat - 1] = last;
        _nodes[last].seat = entry.seat;
        _validators.pop();
        entry.seat = 0;
        entry.changedIn = uint64(block.number);
        emit ValidatorRemoved(node, _validators.length);
    }

    /// @dev A node that moves or gets another operator keeps its seat.
    function _changeNode(Proposal storage proposal) private {
        Node storage entry = _known(proposal.node);
        entry.department = proposal.department;
        entry.operator = proposal.operator;
        entry.enode = proposal.enode;
        entry.changedIn = uint64(block.number);
        emit NodeChanged(proposal.node, proposal.department, proposal.operator, proposal.enode);
    }

    /// @dev Bounds keep the network alive: at least one validator, and no minimum above what there is.
    function _set(uint32 minValidators, uint64 votingPeriod) private {
        if (minValidators == 0 || minValidators > _validators.length) revert InvalidSetting(minValidators);
        if (votingPeriod < MIN_VOTING_PERIOD || votingPeriod > MAX_VOTING_PERIOD) revert InvalidSetting(votingPeriod);
        _minValidators = minValidators;
        _votingPeriod = votingPeriod;
        emit SettingsChanged(minValidators, votingPeriod);
    }

    function _checkOperator(address validator) private view {
        Node storage entry = _nodes[validator];
        if (entry.seat == 0) revert NotValidator(validator);
        if (entry.operator != msg.sender) revert NotOperator(validator, msg.sender);
    }

    /// @dev What could not be carried today is not put to the vote; what changes until then is checked again.
    function _checkProposal(Kind kind, NewNode calldata change) private view {
        Node storage entry = _nodes[change.node];
        bool known = entry.operator != address(0);
        bool describes = kind == Kind.AddNode || kind == Kind.ChangeNode;
        if (
            kind == Kind.None || change.node == address(0)
                || describes != (change.operator != address(0))
                || describes != (bytes(change.enode).length != 0)
                || (!describes && change.department != bytes32(0))
                || bytes(change.enode).length > MAX_ENODE_BYTES
        ) {
            revert InvalidNode(change.node);
        }
        if (kind == Kind.AddNode && known) revert KnownNode(change.node);
        if (kind != Kind.AddNode && !known) revert UnknownNode(change.node);
        if (kind == Kind.RemoveNode && entry.seat != 0) revert StillValidator(change.node);
        if (kind == Kind.AddValidator && entry.seat != 0) revert AlreadyValidator(change.node);
        if (kind == Kind.RemoveValidator) {
            if (entry.seat == 0) revert NotValidator(change.node);
            if (_validators.length <= _minValidators) revert TooFewValidators(_minValidators);
        }
    }

    function _known(address node) private view returns (Node storage entry) {
        entry = _nodes[node];
        if (entry.operator == address(0)) revert UnknownNode(node);
    }

    function _isOpen(Proposal storage proposal) private view returns (bool) {
        return proposal.state == State.Open && block.timestamp <= proposal.expiresAt;
    }

    function _count(uint256 id) private view returns (uint256 votes) {
        uint256 seats = _validators.length;
        for (uint256 i = 0; i < seats; i++) {
            if (_votes[id][_validators[i]]) votes++;
        }
    }

    function _needed() private view returns (uint256) {
        return _validators.length / 2 + 1;
    }
}
