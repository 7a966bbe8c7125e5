import CLISupport
import ChatProtocol
import GroupRules
import Logging
import System

/// What a login wants of the account's chain.
extension Attendant {
    /// So many chains of others one connection gives back to a restored server; the rest when their accounts are written to.
    private static let chainsGivenBack = 64

    /// Begins the chain of an account that has none, as its first device that comes by, or gives back what a restored server has lost of
    /// it, and of others' chains. What does not succeed now does later.
    func completeChains(on link: Link, _ welcome: Welcome) async {
        do throws(Problem) {
            let chain = try await ownChain(on: link)
            if LoginMeaning(welcome) == .begin { _ = try await chain.begin() } else { _ = try await chain.read() }
            let others = try store { try $0.accountsOfOtherLife(welcome.generation, limit: Self.chainsGivenBack) }
            for (account, name) in others where link.end == nil {
                _ = try? await chainReader.read(account, named: name, on: link)
            }
        } catch { log.info("the account's chain is not completed: \(error.text)") }
    }

    /// The server says of a device that it waits, and it has not left its grant: it does so.
    func askToBeAdded(_ connections: Connections) async {
        do throws(Problem) {
            guard try identity().standing == .active else { return }
            let link = try await connections.linkOfPending(within: Self.patienceAtEnd)
            let timer = ClientLoop.closesAtEnd(link)
            defer {
                timer.cancel()
                link.close()
            }
            guard try await link.welcome().state == .pending else { return }
            _ = try await ownChain(on: link).leaveGrant()
        } catch { log.info("not asked to be added to the account: \(error.text)") }
    }
}
