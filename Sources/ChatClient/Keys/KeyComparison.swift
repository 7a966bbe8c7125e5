import CLISupport
import ChatProtocol
import GroupRules

/// Compares a fingerprint that somebody gives with what is known: it counts as verified only where nothing speaks against it. A plain
/// value.
struct KeyComparison {
    let user: UserName
    let given: AccountRoot
    /// Nil: nobody of this name was met.
    let record: KeyRecord?
    /// What somebody has compared before, of a user who was not met.
    let before: AccountRoot?
    /// What the list of keys says.
    let listed: AccountRoot?
    let file: String?

    /// What speaks against it; nil where nothing does.
    var difference: Problem? {
        if let alarm = record?.person.alarm {
            return problem(
                .chainForked, "what the server says of \(user)'s key cannot be believed: \(alarm)", .seeEvidence)
        }
        if let listed, listed != given, let file {
            return differs(from: listed, .correctKeysFile(path: file, user: user.text))
        }
        guard let person = record?.person, let root = person.root, let pin = person.pin else {
            return before.flatMap {
                $0 == given ? nil : differs(from: $0, .acceptKey(user: user.text, fingerprint: text))
            }
        }
        if person.isOwn { return root == given ? nil : differs(from: root, nil) }
        let trusted = listed ?? pin.root
        guard trusted == root else {
            guard given == root else { return differs(from: trusted, nil, present: root) }
            return differs(from: trusted, .acceptKey(user: user.text, fingerprint: text), present: root)
        }
        return trusted == given ? nil : differs(from: trusted, nil)
    }

    private var text: String { AccountFingerprint(given).description }

    private func differs(from known: AccountRoot, _ advice: Advice?, present: AccountRoot? = nil) -> Problem {
        let old = AccountFingerprint(known).description
        let new = present.map { AccountFingerprint($0).description }
        if let new, known == given {
            var changed = problem(
                .keyChanged, "\(user)'s key has changed: it was \(old) and is \(new)",
                .acceptKey(user: user.text, fingerprint: new))
            (changed.oldKey, changed.newKey) = (old, new)
            return changed
        }
        var differs = problem(.fingerprintDiffers, "\(user)'s key is known as \(old), not as \(text)", advice)
        if advice == nil { differs.hint = "ask \(user) for the fingerprint by another way, and compare all of it" }
        (differs.oldKey, differs.newKey) = (old, new)
        return differs
    }

    private func problem(_ code: LocalCode, _ text: String, _ advice: Advice?) -> Problem {
        var problem = Problem(code, text, advice: advice)
        problem.user = user.text
        return problem
    }
}
