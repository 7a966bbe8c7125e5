import CLISupport
import ChatProtocol
import System

extension Client {
    /// Refills the key packages of this device at the server, when a connection has done what it was made for.
    ///
    /// - Parameter atEnd: the process is about to end: only what the login has asked for is done, and briefly.
    func refillKeyPackages(on link: Link, atEnd: Bool) async {
        if atEnd { guard let welcome = link.welcomeSoFar, KeyPackageKeeper.isDue(welcome) else { return } }
        await KeyPackageKeeper(store: self, log: log).refill(on: link)
    }
}
