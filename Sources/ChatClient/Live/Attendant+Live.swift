import CLISupport
import ChatProtocol

/// What a lasting connection brings besides logs, and what it is told in return.
extension Attendant {
    /// A receipt with names; nil for one's own, and for a conversation that is not known here.
    func receiptNotice(_ conversation: ConversationID, _ state: ReceiptState) -> ReceiptNotice? {
        do throws(Problem) {
            return try store { store in
                guard let known = try store.conversation(conversation), let own = try store.identity()?.account,
                    state.account != own
                else { return nil }
                return ReceiptNotice(
                    conversation: known.name, user: try store.name(of: state.account), time: WallClock.now,
                    delivered: state.delivered, read: state.read)
            }
        } catch {
            log.debug("a receipt is not told: \(error.text)")
            return nil
        }
    }

    /// Tells the server how far a person has come, as far as it does not know.
    func tellReadMarks(on link: Link) async {
        guard settings.receipts else { return }
        do throws(Problem) {
            let marks = try store { try $0.untoldReadMarks() }
            guard !marks.isEmpty else { return }
            for mark in marks { link.post(mark) }
            // Marks have no reply; what follows them is answered when they were taken.
            let _: Pong = try await link.request(Ping())
            try store { store in try store.write { try store.noteTold(marks) } }
        } catch { log.debug("read marks not told: \(error.text)") }
    }
}

extension ProfileWorker {
    /// Keeps accounts that were told, for their names. What cannot be kept now will be told again.
    func remember(_ accounts: [AccountRecord]) {
        do throws(Problem) {
            try store { store in
                guard try !store.unknown(accounts: Set(accounts.map(\.id))).isEmpty else { return }
                try store.write { try store.remember(accounts, now: WallClock.now) }
            }
        } catch { log.debug("names not kept: \(error.text)") }
    }
}
