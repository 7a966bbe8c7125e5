import ChatProtocol
import NIOCore

/// Whose turn it is to commit in one conversation. A plain value; the time goes in.
package struct TurnLine<Asker: Equatable> {
    package static var lease: TimeAmount { .seconds(Int64(Limits.turnSeconds)) }

    private var holder: (asker: Asker, until: NIODeadline)?
    private var waiting: [Asker] = []

    package init() {}

    package var isIdle: Bool { holder == nil && waiting.isEmpty }

    /// When the turn that is held ends by itself.
    package var deadline: NIODeadline? { holder?.until }

    /// Somebody asks for a turn; who waits already is not there twice, and who has it waits for the next.
    ///
    /// - Returns: false where too many wait.
    package mutating func ask(_ asker: Asker) -> Bool {
        guard waiting.count < Limits.turnsWaiting else { return false }
        if !waiting.contains(asker) { waiting.append(asker) }
        return true
    }

    /// Gives the turn to whoever is next, where nobody has it.
    package mutating func next(at now: NIODeadline) -> Asker? {
        if let holder, holder.until <= now { self.holder = nil }
        guard holder == nil, !waiting.isEmpty else { return nil }
        let asker = waiting.removeFirst()
        holder = (asker, now + Self.lease)
        return asker
    }

    /// Somebody has committed.
    package mutating func end(_ asker: Asker) {
        if holder?.asker == asker { holder = nil }
    }

    /// Somebody is gone.
    package mutating func leave(_ asker: Asker) {
        end(asker)
        waiting.removeAll { $0 == asker }
    }
}
