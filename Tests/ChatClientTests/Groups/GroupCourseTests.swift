import ChatProtocol
import GroupRules
import Testing

@testable import ChatClient

/// What is done next, with a clock that is moved by hand.
@Suite struct GroupCourseTests {
    private typealias Course = GroupCourse

    private static let one = GroupMark(epoch: 1)
    private static let two = GroupMark(epoch: 2)

    /// What each event is answered by, in their order.
    private func steps(
        _ course: inout GroupCourse, _ events: [GroupCourse.Event], now: Timestamp = 1_000
    ) -> [GroupCourse.Step] {
        events.map { course.heard($0, now: now) }
    }

    @Test func `who holds nothing looks, founds, sends and is a member`() {
        var course = Course(.init())
        #expect(course.state == .none && course.begin() == .look)
        #expect(
            steps(&course, [.stands(.none), .made(.founding), .caughtUp(Self.one)]) == [
                .found(after: nil), .send, .write,
            ])
        #expect(course.state == .member(Self.one))
    }

    @Test func `where there is a group a Welcome is taken, and without one it is joined from outside`() {
        var course = Course(.init())
        #expect(steps(&course, [.stands(Self.one), .entered(Self.one)]) == [.readWelcome, .write])
        #expect(course.state == .member(Self.one))
        for event in [Course.Event.noWelcome, .welcomeFailed] {
            course = Course(.init())
            #expect(
                steps(&course, [.stands(Self.one), event, .made(.externalJoin), .caughtUp(Self.two)])
                    == [.readWelcome, .join, .send, .write])
            #expect(course.state == .member(Self.two))
        }
    }

    @Test func `what brings a device in and leads nowhere is not made for ever`() {
        var course = Course(.init(mark: Self.one, isRemoved: true))
        var last = course.begin()
        var joins = 0
        while joins < 100 {
            if case .giveUp = last { break }
            switch last {
            case .join:
                joins += 1
                last = course.heard(.made(.externalJoin), now: 1_000)
            case .send: last = course.heard(.takenFurtherOn, now: 1_000)
            case .readLog: last = course.heard(.foundRemoved, now: 1_000)
            case .readWelcome: last = course.heard(.noWelcome, now: 1_000)
            case .look: last = course.heard(.stands(Self.two), now: 1_000)
            default: return #expect(last == .join, "an end or another way")
            }
        }
        #expect(last == .giveUp(.busy) && joins == Course.rounds - 1)
    }

    @Test func `what was written in a group is read before a commit may find that it has ended`() {
        var course = Course(.init(mark: Self.one))
        let next = GroupMark(incarnation: 1, epoch: 1)
        #expect(course.begin(after: .removalPending) == .readLog)
        #expect(
            steps(&course, [.superseded, .entered(next), .superseded, .entered(next), .caughtUp(next)])
                == [.readWelcome, .readLog, .readWelcome, .readLog, .commit(isForced: false)])
    }

    @Test func `S3: a way back that the log was read beyond is made anew at once, and not for ever`() {
        var course = Course(.init(mark: Self.one, isRemoved: true, waiting: .externalJoin, resynced: 900))
        #expect(course.begin() == .send)
        for _ in 1..<Course.rounds {
            #expect(steps(&course, [.takenFurtherOn, .passedOver]) == [.readLog, .join])
            #expect(steps(&course, [.made(.externalJoin)]) == [.send])
        }
        #expect(steps(&course, [.takenFurtherOn, .passedOver]) == [.readLog, .giveUp(.busy)])
    }

    @Test func `who is to be removed, and is let in again, comes back over their own leaf`() {
        var course = Course(.init(mark: Self.one))
        #expect(course.begin(after: .removalPending) == .readLog)
        #expect(
            steps(&course, [.caughtUp(Self.one), .isToGo, .made(.externalJoin), .caughtUp(Self.two)])
                == [.commit(isForced: true), .join, .send, .commit(isForced: false)])
        #expect(steps(&course, [.nothingDue(Self.two)]) == [.write])
    }

    @Test func `the loser of a founding takes its Welcome`() {
        var course = Course(.init())
        _ = steps(&course, [.stands(.none), .made(.founding)])
        #expect(course.state == .founding)
        #expect(steps(&course, [.refused(.groupExists), .entered(Self.one)]) == [.readWelcome, .write])
    }

    @Test func `what waits goes out again before anything else, also after a rest`() {
        var course = Course(.init(waiting: .founding))
        #expect(course.state == .founding && course.begin() == .send)
        #expect(
            steps(&course, [.refused(.busy), .stands(Self.one), .refused(.busy), .stands(.none), .caughtUp(Self.one)])
                == [.rest(Course.rest), .send, .rest(Course.rest * 2), .send, .write])
        var joining = Course(.init(waiting: .externalJoin))
        #expect(joining.state == .joining && joining.begin() == .send)
        joining = Course(.init(mark: Self.one, waiting: .commit))
        #expect(joining.begin() == .send)
    }

    @Test func `E3: what waited and is nothing any more is made anew once`() {
        var course = Course(.init(waiting: .founding))
        #expect(course.begin() == .send)
        #expect(
            steps(
                &course, [.refused(.invalidHandshake), .stands(.none), .made(.founding), .refused(.invalidHandshake)])
                == [.look, .found(after: nil), .send, .giveUp(.refused(.invalidHandshake))])
        var member = Course(.init(mark: Self.one, waiting: .commit), isCommitDue: true)
        #expect(member.begin() == .send)
        #expect(
            steps(&member, [.refused(.invalidHandshake), .made(.commit), .refused(.invalidHandshake)])
                == [.commit(isForced: false), .send, .giveUp(.refused(.invalidHandshake))])
    }

    @Test func `a member writes, and reads what is new where it was refused`() {
        var course = Course(.init(mark: Self.one))
        #expect(course.begin() == .write)
        #expect(steps(&course, [.refused(.preconditionFailed), .caughtUp(Self.two)]) == [.readLog, .write])
        #expect(
            steps(&course, [.stands(Self.two), .stands(GroupMark(incarnation: 1, epoch: 1))]) == [.write, .readLog])
        #expect(course.state == .behind(Self.two))
    }

    @Test func `R1: what must go is read in the log and committed, by whoever is first`() {
        var course = Course(.init(mark: Self.one))
        #expect(course.begin(after: .removalPending) == .readLog)
        #expect(
            steps(&course, [.caughtUp(Self.one), .made(.commit), .refused(.preconditionFailed), .caughtUp(Self.two)])
                == [.commit(isForced: true), .send, .readLog, .commit(isForced: false)])
        #expect(steps(&course, [.nothingDue(Self.two)]) == [.write])
        course = Course(.init(mark: Self.one))
        _ = course.begin(after: .removalPending)
        #expect(
            steps(&course, [.caughtUp(Self.one), .made(.commit), .caughtUp(Self.two), .nothingDue(Self.two)])
                == [.commit(isForced: true), .send, .commit(isForced: false), .write])
    }

    @Test func `what is wished is committed by whoever is a member, behind what waits already`() {
        var course = Course(.init(mark: Self.one), isCommitDue: true)
        #expect(course.begin() == .commit(isForced: false))
        course = Course(.init(mark: Self.one, waiting: .commit), isCommitDue: true)
        #expect(course.begin() == .send)
        #expect(
            steps(&course, [.takenFurtherOn, .caughtUp(Self.two), .made(.commit), .caughtUp(GroupMark(epoch: 3))])
                == [.readLog, .commit(isForced: false), .send, .commit(isForced: false)])
        #expect(steps(&course, [.nothingDue(Self.two)]) == [.write])
    }

    @Test func `after a refusal it begins where that leads`() {
        func first(_ code: ErrorCode, _ held: Course.Held) -> Course.Step {
            var course = Course(held)
            return course.begin(after: code)
        }
        #expect(first(.preconditionFailed, .init(mark: Self.one)) == .readLog)
        #expect(first(.preconditionFailed, .init(mark: Self.one, waiting: .commit)) == .readLog)
        #expect(first(.preconditionFailed, .init()) == .look)
        #expect(first(.preconditionFailed, .init(waiting: .externalJoin)) == .send)
        #expect(first(.notInGroup, .init(mark: Self.one)) == .readWelcome)
        #expect(first(.noGroup, .init()) == .found(after: nil))
        #expect(first(.removalPending, .init(mark: Self.one, waiting: .commit)) == .send)
        #expect(first(.busy, .init(mark: Self.one)) == .rest(Course.rest))
        #expect(first(.blocked, .init(mark: Self.one)) == .giveUp(.refused(.blocked)))
    }

    @Test func `who was removed comes back by a Welcome alone or from outside`() {
        var course = Course(.init(mark: Self.two, isRemoved: true))
        #expect(course.state == .removed(Self.two) && course.begin() == .look)
        #expect(
            steps(&course, [.stands(GroupMark(epoch: 5)), .noWelcome]) == [.readWelcome, .join])
        course = Course(.init(mark: Self.one))
        #expect(steps(&course, [.foundRemoved]) == [.readWelcome])
        #expect(course.state == .removed(Self.one))
    }

    @Test func `who lost its way comes back once an hour`() {
        var course = Course(.init(mark: Self.one))
        #expect(course.heard(.cannotProcess, now: 5_000) == .join)
        #expect(course.state == .broken(Self.one))
        #expect(course.heard(.caughtUp(Self.two), now: 5_000) == .write)
        #expect(course.heard(.cannotProcess, now: 6_000) == .giveUp(.broken))
        let later = Timestamp(milliseconds: 5_000) + Course.resyncPause
        #expect(course.heard(.cannotProcess, now: later) == .join)
        // What another process did counts too.
        course = Course(.init(mark: Self.one, resynced: 5_000))
        #expect(course.heard(.cannotProcess, now: 6_000) == .giveUp(.broken))
    }

    @Test func `S3: who lost the race for coming back has not come back, and tries again`() {
        var course = Course(.init(mark: Self.one))
        #expect(course.heard(.cannotProcess, now: 5_000) == .join)
        #expect(course.heard(.made(.externalJoin), now: 5_000) == .send)
        #expect(course.heard(.refused(.preconditionFailed), now: 5_000) == .readLog)
        #expect(course.heard(.cannotProcess, now: 6_000) == .join)
        // What was sent by a process that ended counts as little.
        course = Course(.init(mark: Self.one, waiting: .externalJoin))
        #expect(course.begin() == .send)
        #expect(course.heard(.refused(.preconditionFailed), now: 5_000) == .readLog)
        #expect(course.heard(.cannotProcess, now: 6_000) == .join)
    }

    @Test func `it ends after eight rounds, and at once where nothing helps`() {
        var course = Course(.init())
        for _ in 1..<Course.rounds { #expect(course.heard(.refused(.preconditionFailed), now: 1) == .look) }
        #expect(course.heard(.refused(.preconditionFailed), now: 1) == .giveUp(.busy))
        course = Course(.init())
        #expect(course.heard(.refused(.invalidHandshake), now: 1) == .giveUp(.refused(.invalidHandshake)))
        #expect(course.heard(.nobodyToAdd, now: 1) == .giveUp(.noDevice))
    }

    @Test func `where somebody who was to be added has gone it goes on without them`() {
        var course = Course(.init())
        #expect(
            steps(&course, [.stands(.none), .made(.founding), .refused(.noDevice)])
                == [.found(after: nil), .send, .look])
        // What waited was somebody else's wish, or an older one; one's own is told.
        course = Course(.init(mark: Self.one, waiting: .commit))
        #expect(course.begin() == .send)
        #expect(course.heard(.refused(.noDevice), now: 1) == .write)
        course = Course(.init(mark: Self.one), isCommitDue: true)
        #expect(course.begin() == .commit(isForced: false))
        #expect(
            steps(&course, [.made(.commit), .refused(.noDevice)]) == [.send, .giveUp(.refused(.noDevice))])
    }

    @Test func `I2: where a party has nobody left the next incarnation is founded, and others enter that`() {
        let previous = GroupPolicy.Previous(incarnation: 0, epoch: 2, confirmedTranscriptHash: [1])
        let next = GroupMark(incarnation: 1, epoch: 1)
        var course = Course(.init(mark: Self.two))
        _ = course.begin(after: .removalPending)
        #expect(
            steps(&course, [.caughtUp(Self.two), .deserted(previous), .made(.founding), .caughtUp(next)])
                == [.commit(isForced: true), .found(after: previous), .send, .commit(isForced: false)])
        course = Course(.init(mark: Self.two))
        _ = course.begin(after: .preconditionFailed)
        #expect(steps(&course, [.superseded, .entered(next)]) == [.readWelcome, .write])
    }

    @Test func `S4: behind a restore the next incarnation is founded, and without others that is said`() {
        let previous = GroupPolicy.Previous(incarnation: 0, epoch: 2, confirmedTranscriptHash: [1])
        var course = Course(.init(mark: Self.two))
        #expect(course.begin(after: .preconditionFailed) == .readLog)
        #expect(
            steps(&course, [.restored(after: previous), .made(.founding), .refused(.groupExists)])
                == [.found(after: previous), .send, .readWelcome])
        course = Course(.init(mark: Self.two))
        _ = course.begin(after: .preconditionFailed)
        #expect(
            steps(&course, [.restored(after: previous), .nobodyToAdd]) == [.found(after: previous), .giveUp(.noDevice)])
    }
}
