import ChatProtocol
import GroupRules

/// What the server asks of a founding, beyond the judge.
extension GroupFollower {
    /// I1, and that a next incarnation goes on from the one that is there.
    func checkFounding(
        _ handshake: GroupHandshake, after former: GroupFollower?, _ facts: FoundingFacts
    ) throws(HandshakeFault) {
        let conversation = handshake.conversation
        try HandshakeFault.check(policy.group.conversation == conversation.id, "a group of another conversation")
        try HandshakeFault.check(
            devices == [handshake.author], "a group is founded by the device that is logged in, alone")
        switch (policy.kind, conversation.audience) {
        case (.direct(let parties), .direct(let low, let high)):
            try HandshakeFault.check(
                parties.map(\.account) == (low == high ? [low] : [low, high]), "a group of other accounts")
            try HandshakeFault.check(
                parties.allSatisfy { facts.roots[$0.account] ?? $0.root == $0.root },
                "a party has another root in its account's chain")
        case (.everyone, .everyone): break
        case (.room(let room), .room):
            try HandshakeFault.check(room.name == facts.roomName, "a room of another name")
            try HandshakeFault.check(parties.allSatisfy(policy.hasAdmin), "a room is founded by an admin")
            try HandshakeFault.check(
                parties.allSatisfy { facts.roots[$0.account] ?? $0.root == $0.root },
                "the founder has another root in its account's chain")
        default: throw HandshakeFault("a group of another kind than its conversation")
        }
        try checkIncarnation(after: former, facts)
    }

    /// How many incarnations a restore may have lost at most.
    private static let lostIncarnations: UInt32 = 1_024

    private func checkIncarnation(after former: GroupFollower?, _ facts: FoundingFacts) throws(HandshakeFault) {
        let number = policy.group.incarnation
        // Who stays founds it anew, but a room: only its members know what a restore has lost (S4).
        let isRestored = if case .room = policy.kind { false } else { facts.isRestored }
        guard let former else {
            return try HandshakeFault.check(
                number == 0 && policy.previous == nil
                    || isRestored && number <= Self.lostIncarnations && policy.previous != nil,
                "the first group is incarnation 0")
        }
        // Its founder may have been in one that a restore has lost, also when others have gone on in the one before since.
        let latest: UInt32 = if case .room = policy.kind { 1 } else { 1 + Self.lostIncarnations }
        guard isRestored || former.isDeserted(facts.lost), number > former.mark.incarnation,
            number - former.mark.incarnation <= latest
        else { throw HandshakeFault(Failure(.groupExists)) }
        // Somebody has committed there since: it is looked at again.
        let last = former.asPrevious
        if !isRestored, let previous = policy.previous, previous.epoch < last.epoch {
            throw HandshakeFault(Failure(.groupExists))
        }
        try HandshakeFault.check(
            policy.previous == last, "the next incarnation goes on from where the last one stands")
        if case .room = former.policy.kind {
            try HandshakeFault.check(
                policy.kind == former.policy.kind, "a room that is founded anew has another policy")
        }
    }

    /// Whether its next incarnation may be founded. Who waits to be removed is as good as gone, also where they were let in again since.
    private func isDeserted(_ lost: Set<DeviceID>) -> Bool {
        policy.isDeserted(by: Set(remaining.filter { !lost.contains($0.device) }.map(\.account)))
    }
}
