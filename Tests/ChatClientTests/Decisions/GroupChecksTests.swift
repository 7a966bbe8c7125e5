import ChatProtocol
import GroupRules
import Testing

@testable import ChatClient

/// What a doctor says of a device's groups and of the packages by which it is added.
@Suite struct GroupChecksTests {
    @Test func `groups that were not read to their end are counted, and those that the server has lost are a warning`()
    {
        #expect(Client.groupsCheck(held: 0, behind: []).text == "in none yet")
        #expect(Client.groupsCheck(held: 3, behind: [0, 0, 0]).text == "in 3, all of them read")
        let late = Client.groupsCheck(held: 3, behind: [7, 0, 12])
        #expect(late.text == "in 3, 2 of them up to 12 entries behind" && late.status == .ok)
        #expect(late.see == .fetchHistory)
        let lost = Client.groupsCheck(held: 3, behind: [0, 0])
        #expect(lost.status == .warning && lost.text.contains("the server does not know 1"))
        #expect(lost.text.hasSuffix(": who writes there begins them anew"))
    }

    @Test func `a room that is lost nobody begins anew by writing there, and a doctor names it`() throws {
        let ops = try #require(RoomName("ops"))
        let room = Client.groupsCheck(held: 1, behind: [], lost: [ops]).text
        #expect(room.contains("among them #ops") && room.contains("room create") && !room.contains("who writes"))
        let both = Client.groupsCheck(held: 2, behind: [], lost: [ops]).text
        #expect(both.contains("among them #ops") && both.hasSuffix("who writes there begins others anew"))
    }

    @Test func `a device that nobody can add is a warning`() {
        #expect(Client.packagesCheck(KeyPackageStanding(left: 20, hasLastResort: true)).status == .ok)
        #expect(Client.packagesCheck(KeyPackageStanding(left: 0, hasLastResort: true)).status == .ok)
        #expect(Client.packagesCheck(.none).status == .warning)
    }
}
