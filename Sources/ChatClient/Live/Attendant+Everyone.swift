import CLISupport
import ChatProtocol

/// What is written to everyone is read by devices in its group, which each joins by itself. A command that only asks once joins where it
/// writes there or wants to read it, and whoever stays connected in the background.
extension Attendant {
    /// Comes into everyone's group where this device is not in it. What stands in the way may pass: whoever writes there is told, and who
    /// reads where nobody but an administrator can change it.
    func enterEveryone(on link: Link) async {
        guard let welcome = link.welcomeSoFar else { return }
        await groupKeeper.keep(welcome.everyone) { () async throws(Problem) in
            let refusal: ErrorCode?
            switch try await self.wayToEveryone(welcome) {
            case .isThere: return
            case .enter: refusal = nil
            case .readOn: refusal = .preconditionFailed
            }
            do throws(Problem) {
                try await self.groupPassage.enter(welcome.everyone, on: link, after: refusal)
            } catch {
                guard error.code == ErrorCode.tooLarge.name else { throw error }
                await self.tellOfFullGroup()
            }
        }
    }

    private enum Way {
        case isThere, enter
        /// What a restore has lost is found out by reading on.
        case readOn
    }

    private func wayToEveryone(_ welcome: Welcome) throws(Problem) -> Way {
        try store { store in
            try store.read {
                let held = try store.heldGroup(of: welcome.everyone)
                guard held.waiting == nil, held.mark != nil, !held.isRemoved,
                    let standing = try store.groupStanding(of: welcome.everyone)
                else { return .enter }
                return standing.generation == welcome.generation ? .isThere : .readOn
            }
        }
    }

    private func tellOfFullGroup() {
        guard intake.tellsOfFullGroup() else { return }
        interaction.noteKey(
            KeyNotice(
                code: ErrorCode.tooLarge.name,
                text: "what is written to everyone is not read here: as many devices as the server allows are there"))
    }
}
