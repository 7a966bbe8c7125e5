import CLISupport
import ChatProtocol
import System

extension Attendant {
    /// Refills the key packages of this device at the server, when a connection has done what it was made for.
    ///
    /// - Parameter atEnd: the process is about to end: it looks only for what is due for certain.
    func refillKeyPackages(on link: Link, atEnd: Bool) async {
        if atEnd {
            guard let welcome = link.welcomeSoFar, KeyPackageKeeper.isDue(welcome) || hasOldLastResort(welcome) else {
                return
            }
        }
        await KeyPackageKeeper(store: profile, log: log).refill(on: link)
    }

    private func hasOldLastResort(_ welcome: Welcome) -> Bool {
        let made = try? store { try $0.lastResortMade(in: welcome.generation) }
        return made.map { KeyPackageStock.isOld($0, now: WallClock.now) } ?? false
    }
}
