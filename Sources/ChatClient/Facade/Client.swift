import CLISupport
import ChatProtocol
import Logging
import Transport

/// A profile, its local store and its connection: one method a verb.
///
/// Any number of processes may use one profile at once; they meet in the store.
package actor Client: ProfileWorker {
    nonisolated let tools: ProfileTools
    nonisolated let connections: Connections

    /// Touches neither disk nor network.
    ///
    /// - Parameter hasManyListeners: they come and go, and some want presence and receipts where the first does not.
    package init(
        settings: ClientSettings, interaction: Interaction = .none, log: Logger, hasManyListeners: Bool = false
    ) {
        self.init(
            settings: settings, interaction: interaction, log: log, hasManyListeners: hasManyListeners, line: { $0 })
    }

    /// - Parameter line: what its connections go through.
    init(
        settings: ClientSettings, interaction: Interaction = .none, log: Logger, hasManyListeners: Bool = false,
        line: @escaping LinkLine
    ) {
        tools = ProfileTools(ProfileStore(settings: settings, interaction: interaction, log: log), interaction)
        connections = Connections(tools, subscribesAlways: hasManyListeners ? [.presence, .receipts] : [], line: line)
    }

    /// The executor of the profile's store: what is done there is done at once.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { profile.unownedExecutor }

    package nonisolated var settings: ClientSettings { profile.settings }
    nonisolated var attendant: Attendant { connections.attendant }

    /// Ends the connections, after what was sent has gone out. A process may as well just end.
    package func close() async {
        await connections.stopLive()
        await connections.closeForRequests()
    }

    /// Waits until what a connection that is over has brought is kept: a device that was refused must know it before its
    /// process ends, or it would try again with a number that the server has not seen.
    package func settle() async {
        await settleConnections()
        await profile.settle()
    }

    private func settleConnections() async {
        await attendant.settle()
        guard let attendance = await attendant.attendance else { return }
        guard !attendance.link.isOver else { return await attendance.attendant.value }
        await attendant.refillKeyPackages(on: attendance.link, atEnd: true)
        guard await connections.live == nil else { return }
        await attendant.keepGroupsFreshAtEnd(on: attendance.link)
        if attendance.owesKeys { await attendant.giveKeysAtEnd(on: attendance.link) }
    }
}
