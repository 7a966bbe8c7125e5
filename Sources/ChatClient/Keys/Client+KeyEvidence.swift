import CLISupport
import ChatProtocol
import GroupRules

/// What the server has said of users' keys that cannot be true, and the way out of it.
extension Client {
    /// What a doctor says of users' keys: one line for each that is not as it was, else one for all.
    func keyChecks() throws(Problem) -> [DoctorCheck] {
        let others = try keys().filter { !$0.isOwn }
        let forked = try alarms().map { alarm in
            var problem = gate.problem(.forked("\(alarm.text), at \(TimestampText.utc(alarm.time))"), of: alarm.name)
            problem.advice = .acceptFork(alarm.name.text)
            return DoctorCheck(name: "keys", status: .failed, text: problem.text, problem: problem)
        }
        let changed = others.compactMap { key -> DoctorCheck? in
            guard key.alarm == nil, let present = key.present else { return nil }
            let problem = gate.problem(
                .keyChanged(old: key.fingerprint.root, new: present.root), of: key.user)
            return DoctorCheck(name: "keys", status: .warning, text: problem.text, problem: problem)
        }
        guard forked.isEmpty, changed.isEmpty else { return forked + changed }
        let verified = others.count { $0.trust == .verified }
        let text = "\(others.count) known, \(verified) of them verified"
        return [DoctorCheck(name: "keys", status: .ok, text: others.isEmpty ? "none known" : text)]
    }

    private func alarms() throws(Problem) -> [(name: UserName, text: String, time: Timestamp)] {
        try storeForReading { store in try store.knowsKeys() ? try store.keyAlarms() : [] }
    }

    /// Forgets what is known of a user whose keys contradict each other, with the evidence: the user is met anew.
    ///
    /// - Returns: how many messages were held.
    package func acceptFork(of user: UserName) throws(Problem) -> Int {
        try store { store in
            try store.writeSynced {
                let hasDoubt = try store.acceptHistory(of: .user(user))
                guard try store.forgetAlarms(of: user) || hasDoubt else {
                    throw Problem(
                        .noSuchName, "nothing contradicts what is known of \(user)'s key",
                        advice: .seeKey(user: user.text))
                }
                return try store.heldCount(for: .user(user))
            }
        }
    }
}
