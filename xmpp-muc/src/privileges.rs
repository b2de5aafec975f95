//! The privilege tables (XEP-0045 §5; MUC section 9): pure functions over roles and affiliations.

use crate::{Affiliation, Role};

/// The role on entry (MUC RD1 to RD3, EN17). `None` where the user is not admitted at all.
pub(crate) const fn default_role(
    affiliation: Affiliation,
    moderated: bool,
    members_only: bool,
) -> Option<Role> {
    match affiliation {
        Affiliation::Outcast => None,
        Affiliation::None if members_only => None,
        Affiliation::None if moderated => Some(Role::Visitor),
        Affiliation::None | Affiliation::Member => Some(Role::Participant),
        Affiliation::Admin | Affiliation::Owner => Some(Role::Moderator),
    }
}

/// Why a change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `auth/forbidden`: the actor has no such right at all.
    Forbidden,
    /// `cancel/not-allowed`: the actor ranks too low for this target.
    NotAllowed,
    /// `cancel/conflict`: nobody does this to itself.
    Conflict,
}

/// One side of a change of role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    pub(crate) affiliation: Affiliation,
}

/// Whether `actor` may give `target` the role `to` (MUC 9.3, RC1 to RC7).
pub(crate) fn may_change_role(
    actor: Standing,
    target: Standing,
    own: bool,
    to: Role,
) -> Result<(), Refusal> {
    if actor.role != Role::Moderator {
        return Err(Refusal::Forbidden);
    }
    if own && to == Role::None {
        return Err(Refusal::Conflict); // RC7
    }
    if target.role == to {
        return Ok(());
    }
    let ranks = rank(actor.affiliation) >= rank(target.affiliation);
    let outranks = rank(actor.affiliation) > rank(target.affiliation);
    let privileged = actor.affiliation >= Affiliation::Admin;
    let protected = target.affiliation >= Affiliation::Admin;
    let allowed = match (target.role, to) {
        (_, Role::None) if actor.affiliation == Affiliation::Owner => true,
        (Role::Moderator, Role::None) => privileged && ranks, // RC2
        (_, Role::None) => ranks,                             // RC1
        (_, Role::Moderator) => privileged,                   // RC5
        (Role::Moderator, _) => privileged && !protected,     // RC6
        (_, Role::Visitor) if protected => false,             // RC4
        (_, Role::Visitor) if privileged => true,
        (_, Role::Visitor) => {
            outranks
                || (actor.affiliation <= Affiliation::None
                    && target.affiliation <= Affiliation::None)
        }
        (_, Role::Participant) => true, // RC3
    };
    if allowed {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// Whether `actor` may change an affiliation `from` one `to` another (MUC 9.4, RA1 to RA5; RS2).
pub(crate) fn may_change_affiliation(
    actor: Affiliation,
    own: bool,
    from: Affiliation,
    to: Affiliation,
) -> Result<(), Refusal> {
    if actor < Affiliation::Admin {
        return Err(Refusal::Forbidden);
    }
    if own && to == Affiliation::Outcast {
        return Err(Refusal::Conflict); // RS2
    }
    if from == to || actor == Affiliation::Owner {
        return Ok(());
    }
    if to >= Affiliation::Admin {
        return Err(Refusal::Forbidden);
    }
    if from >= Affiliation::Admin {
        return Err(Refusal::NotAllowed);
    }
    Ok(())
}

/// Rank for comparing actor and target: an outcast is never inside, and counts as nobody.
fn rank(affiliation: Affiliation) -> u8 {
    match affiliation {
        Affiliation::Outcast | Affiliation::None => 0,
        Affiliation::Member => 1,
        Affiliation::Admin => 2,
        Affiliation::Owner => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal::*, *};

    /// MUC 9.2 RD1 to RD3, EN17.
    #[test]
    fn rd1_rd2_rd3_default_roles() {
        use Affiliation as A;
        let table = [
            (
                false,
                false,
                [None, Some(Role::Participant), Some(Role::Participant)],
            ),
            (
                true,
                false,
                [None, Some(Role::Visitor), Some(Role::Participant)],
            ),
            (false, true, [None, None, Some(Role::Participant)]),
            (true, true, [None, None, Some(Role::Participant)]),
        ];
        for (moderated, members_only, roles) in table {
            for (affiliation, role) in [A::Outcast, A::None, A::Member].into_iter().zip(roles) {
                assert_eq!(default_role(affiliation, moderated, members_only), role);
            }
            for affiliation in [A::Admin, A::Owner] {
                assert_eq!(
                    default_role(affiliation, moderated, members_only),
                    Some(Role::Moderator)
                );
            }
        }
    }

    fn standing(role: Role, affiliation: Affiliation) -> Standing {
        Standing { role, affiliation }
    }

    /// MUC 9.3: every row, for the three kinds of actor.
    #[test]
    fn rc1_to_rc7_role_changes() {
        use Affiliation as A;
        use Role as R;
        let actor = |affiliation| standing(R::Moderator, affiliation);
        let check = |a, role, affiliation, to| {
            may_change_role(actor(a), standing(role, affiliation), false, to)
        };
        // RC1, RC2: kick.
        for role in [R::Visitor, R::Participant] {
            assert_eq!(check(A::None, role, A::None, R::None), Ok(()));
            assert_eq!(check(A::None, role, A::Member, R::None), Err(NotAllowed));
            assert_eq!(check(A::Member, role, A::Member, R::None), Ok(()));
            assert_eq!(check(A::Admin, role, A::Owner, R::None), Err(NotAllowed));
            assert_eq!(check(A::Owner, role, A::Owner, R::None), Ok(()));
        }
        assert_eq!(
            check(A::Member, R::Moderator, A::None, R::None),
            Err(NotAllowed)
        );
        assert_eq!(check(A::Admin, R::Moderator, A::Admin, R::None), Ok(()));
        assert_eq!(
            check(A::Admin, R::Moderator, A::Owner, R::None),
            Err(NotAllowed)
        );
        assert_eq!(check(A::Owner, R::Moderator, A::Owner, R::None), Ok(()));
        // RC3: voice.
        for a in [A::None, A::Member, A::Admin, A::Owner] {
            assert_eq!(check(a, R::Visitor, A::None, R::Participant), Ok(()));
        }
        // RC4: no voice.
        assert_eq!(check(A::None, R::Participant, A::None, R::Visitor), Ok(()));
        assert_eq!(
            check(A::None, R::Participant, A::Member, R::Visitor),
            Err(NotAllowed)
        );
        assert_eq!(
            check(A::Member, R::Participant, A::None, R::Visitor),
            Ok(())
        );
        assert_eq!(
            check(A::Member, R::Participant, A::Member, R::Visitor),
            Err(NotAllowed)
        );
        for a in [A::Admin, A::Owner] {
            assert_eq!(check(a, R::Participant, A::Member, R::Visitor), Ok(()));
            assert_eq!(
                check(a, R::Participant, A::Admin, R::Visitor),
                Err(NotAllowed)
            );
            assert_eq!(
                check(a, R::Participant, A::Owner, R::Visitor),
                Err(NotAllowed)
            );
        }
        // RC5, RC6: moderators.
        assert_eq!(
            check(A::Member, R::Visitor, A::None, R::Moderator),
            Err(NotAllowed)
        );
        assert_eq!(check(A::Admin, R::Visitor, A::None, R::Moderator), Ok(()));
        for to in [R::Participant, R::Visitor] {
            assert_eq!(check(A::Member, R::Moderator, A::None, to), Err(NotAllowed));
            assert_eq!(check(A::Admin, R::Moderator, A::Member, to), Ok(()));
            assert_eq!(check(A::Owner, R::Moderator, A::Admin, to), Err(NotAllowed));
        }
        // RC7: oneself.
        let me = actor(A::Owner);
        assert_eq!(may_change_role(me, me, true, R::None), Err(Conflict));
        assert_eq!(may_change_role(me, me, true, R::Moderator), Ok(()));
        assert_eq!(
            may_change_role(me, me, true, R::Participant),
            Err(NotAllowed)
        );
        // Without the role of a moderator nothing.
        let plain = standing(R::Participant, A::Owner);
        assert_eq!(
            may_change_role(plain, standing(R::Visitor, A::None), false, R::Participant),
            Err(Forbidden)
        );
    }

    /// MUC 9.4: every cell for every actor.
    #[test]
    fn ra1_to_ra5_affiliation_changes() {
        use Affiliation as A;
        for from in A::ALL {
            for to in A::ALL {
                for actor in [A::None, A::Member] {
                    assert_eq!(
                        may_change_affiliation(actor, false, from, to),
                        Err(Forbidden)
                    );
                }
                assert_eq!(may_change_affiliation(A::Owner, false, from, to), Ok(()));
                let expected = if from == to {
                    Ok(())
                } else if to >= A::Admin {
                    Err(Forbidden)
                } else if from >= A::Admin {
                    Err(NotAllowed)
                } else {
                    Ok(())
                };
                assert_eq!(may_change_affiliation(A::Admin, false, from, to), expected);
            }
        }
        assert_eq!(
            may_change_affiliation(A::Owner, true, A::Owner, A::Outcast),
            Err(Conflict)
        );
    }
}
