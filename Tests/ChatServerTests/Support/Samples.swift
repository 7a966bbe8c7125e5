import ChatProtocol
import NIOCore

@testable import ChatServer

let alice = AccountID(high: 0, low: 1)
let bob = AccountID(high: 0, low: 2)
let carol = AccountID(high: 0, low: 3)
let aliceDevice = DeviceID(high: 1, low: 1)
let bobDevice = DeviceID(high: 1, low: 2)

func conversation(_ number: UInt64) -> ConversationInfo {
    ConversationInfo(id: ConversationID(high: 9, low: number), audience: .direct(alice, bob))
}

func record(_ id: AccountID, _ name: String) -> AccountRecord {
    guard let name = UserName(name) else { preconditionFailure("a test's own name") }
    return AccountRecord(id: id, name: name, displayName: name.text)
}

/// So long after a start of its own.
func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(1_000_000_000) + .milliseconds(milliseconds) }
