// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.35;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title k of n persons, who sign offline; anybody may carry their signatures here.
/// @notice Immutable and without owner: members and threshold change only by an operation that the members signed.
/// It holds DEFAULT_ADMIN and UPGRADER of every registry. The platform is a courier: without k signatures over
/// exactly these calls (EIP-712, bound to this chain and this address) nothing happens. A signature stands until
/// `notAfter`, and its signer may withdraw it. `evidence` is the digest that the persons saw: a release, a decision.
contract Approvals {
    struct Call {
        address target;
        bytes data;
    }

    /// @dev `salt` tells apart operations that say the same; each runs once.
    struct Operation {
        Call[] calls;
        bytes32 evidence;
        uint256 salt;
        uint64 notAfter;
    }

    uint256 public constant MAX_MEMBERS = 32;
    uint256 public constant MAX_CALLS = 64;
    bytes32 public constant CALL_TYPE = keccak256("Call(address target,bytes data)");
    bytes32 public constant OPERATION_TYPE = keccak256(
        "Operation(Call[] calls,bytes32 evidence,uint256 salt,uint64 notAfter)Call(address target,bytes data)"
    );
    bytes32 public constant WITHDRAWAL_TYPE = keccak256("Withdrawal(bytes32 operation)");
    bytes32 private constant _DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    error InvalidMembers();
    error InvalidThreshold(uint256 threshold, uint256 members);
    error EmptyOperation();
    error Expired(uint64 notAfter);
    error AlreadyExecuted(bytes32 operation);
    error NotEnoughApprovals(uint256 needed, uint256 given);
    error NotAMember(address signer);
    error SignaturesNotSorted();
    error ApprovalWithdrawn(bytes32 operation, address member);
    error OnlyByOperation();
    error NoCode(address target);

    event Executed(bytes32 indexed operation, bytes32 indexed evidence, address[] approvers, address courier);
    event Withdrawn(bytes32 indexed operation, address indexed member);
    event MembersChanged(address[] members, uint256 threshold);

    address[] private _members;
    mapping(address member => bool) private _isMember;
    uint256 private _threshold;
    mapping(bytes32 operation => bool) private _executed;
    mapping(bytes32 operation => mapping(address member => bool)) private _withdrawn;

    constructor(address[] memory members_, uint256 threshold_) {
        _setMembers(members_, threshold_);
    }

    /// @notice Runs all calls of an operation in order, or none. Signatures come sorted by signer, ascending, so
    /// that none counts twice. A call that reverts hands its reason on.
    function execute(Operation calldata operation, bytes[] calldata signatures)
        external
        returns (bytes[] memory results)
    {
        if (block.timestamp > operation.notAfter) revert Expired(operation.notAfter);
        bytes32 id = operationId(operation);
        if (_executed[id]) revert AlreadyExecuted(id);
        address[] memory approvers = _checkSignatures(id, signatures);
        // before the calls: an operation that calls back here cannot run twice
        _executed[id] = true;
        emit Executed(id, operation.evidence, approvers, msg.sender);
        results = new bytes[](operation.calls.length);
        for (uint256 i = 0; i < operation.calls.length; i++) {
            results[i] = _run(operation.calls[i]);
        }
    }

    /// @notice A member takes back a signature over an operation that has not run, by a signed withdrawal.
    function withdraw(bytes32 operation, bytes calldata signature) external {
        if (_executed[operation]) revert AlreadyExecuted(operation);
        address member = ECDSA.recoverCalldata(_typed(keccak256(abi.encode(WITHDRAWAL_TYPE, operation))), signature);
        if (!_isMember[member]) revert NotAMember(member);
        if (_withdrawn[operation][member]) revert ApprovalWithdrawn(operation, member);
        _withdrawn[operation][member] = true;
        emit Withdrawn(operation, member);
    }

    /// @notice Replaces members and threshold; only as a call of an operation. Signatures of those who left are void.
    function setMembers(address[] calldata members_, uint256 threshold_) external {
        if (msg.sender != address(this)) revert OnlyByOperation();
        _setMembers(members_, threshold_);
    }

    /// @notice The digest that members sign; it names chain, contract, calls, evidence and deadline.
    function operationId(Operation calldata operation) public view returns (bytes32) {
        uint256 count = operation.calls.length;
        if (count == 0 || count > MAX_CALLS) revert EmptyOperation();
        bytes32[] memory calls = new bytes32[](count);
        for (uint256 i = 0; i < count; i++) {
            calls[i] = keccak256(
                abi.encode(CALL_TYPE, operation.calls[i].target, keccak256(operation.calls[i].data))
            );
        }
        return _typed(keccak256(abi.encode(
            OPERATION_TYPE, keccak256(abi.encodePacked(calls)), operation.evidence, operation.salt, operation.notAfter
        )));
    }

    /// @notice The EIP-712 domain separator; computed anew, so that a fork of the chain has another one.
    function domainSeparator() public view returns (bytes32) {
        return keccak256(abi.encode(
            _DOMAIN_TYPE, keccak256("Mulian Approvals"), keccak256("1"), block.chainid, address(this)
        ));
    }

    /// @notice All members, in no order of rank, and how many of them an operation needs.
    function members() external view returns (address[] memory list, uint256 threshold) {
        return (_members, _threshold);
    }

    /// @notice Whether an operation ran.
    function executed(bytes32 operation) external view returns (bool) {
        return _executed[operation];
    }

    /// @notice Whether a member took back the signature over an operation.
    function withdrawn(bytes32 operation, address member) external view returns (bool) {
        return _withdrawn[operation][member];
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator(), structHash));
    }

    function _checkSignatures(bytes32 id, bytes[] calldata signatures)
        private
        view
        returns (address[] memory approvers)
    {
        if (signatures.length < _threshold) revert NotEnoughApprovals(_threshold, signatures.length);
        approvers = new address[](signatures.length);
        address last = address(0);
        for (uint256 i = 0; i < signatures.length; i++) {
            address signer = ECDSA.recoverCalldata(id, signatures[i]);
            if (!_isMember[signer]) revert NotAMember(signer);
            if (signer <= last) revert SignaturesNotSorted();
            if (_withdrawn[id][signer]) revert ApprovalWithdrawn(id, signer);
            approvers[i] = last = signer;
        }
    }

    function _run(Call calldata call) private returns (bytes memory result) {
        // a call to an address without code succeeds and does nothing: never what anybody signed
        if (call.target.code.length == 0) revert NoCode(call.target);
        bool good;
        (good, result) = call.target.call(call.data);
        if (!good) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
    }

    /// @dev At least two of at least two: one person, and so the platform's own key, is never enough.
    function _setMembers(address[] memory members_, uint256 threshold_) private {
        if (threshold_ < 2 || threshold_ > members_.length) revert InvalidThreshold(threshold_, members_.length);
        if (members_.length > MAX_MEMBERS) revert InvalidMembers();
        uint256 leaving = _members.length;
        for (uint256 i = 0; i < leaving; i++) {
            delete _isMember[_members[i]];
        }
        for (uint256 i = 0; i < members_.length; i++) {
            address member = members_[i];
            if (member == address(0) || member == address(this) || _isMember[member]) revert InvalidMembers();
            _isMember[member] = true;
        }
        _members = members_;
        _threshold = threshold_;
        emit MembersChanged(members_, threshold_);
    }
}
