import ChatProtocol
import GroupRules

/// Why a handshake is refused.
struct HandshakeFault: Error {
    var failure: Failure

    init(_ failure: Failure) { self.failure = failure }
    init(_ detail: String) {
        failure = Failure(.invalidHandshake, sentence: "the group cannot take this handshake: \(detail)")
    }

    static func rule<Value>(_ body: () throws(RuleViolation) -> Value) throws(HandshakeFault) -> Value {
        do throws(RuleViolation) { return try body() } catch { throw HandshakeFault("\(error)") }
    }

    static func telling<Value>(_ body: () throws(HandshakeFault) -> Value) throws(Failure) -> Value {
        do throws(HandshakeFault) { return try body() } catch { throw error.failure }
    }

    static func check(_ condition: Bool, _ detail: String) throws(HandshakeFault) {
        if !condition { throw HandshakeFault(detail) }
    }
}
