From Coq Require Import Lia.
From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat seq choice fintype bigop ssralg ssrint matrix.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import GRing.Theory.
Local Open Scope ring_scope.

(* The product of F j over a <= j < b, the largest j on the left. *)
Definition descending (R : ringType) n (a b : nat) (F : nat -> 'M[R]_n) : 'M[R]_n :=
  \big[mulmx/1%:M]_(j <- rev (index_iota a b)) F j.
Notation "\desc_ ( a <= j < b ) F" := (descending a b (fun j => F))
  (at level 36, F at level 36, a, j, b at level 50, format "\desc_ ( a  <=  j  <  b )  F").

(* The product of F j over a <= j < b, the largest j on the right. *)
Definition ascending (R : ringType) n (a b : nat) (F : nat -> 'M[R]_n) : 'M[R]_n :=
  \big[mulmx/1%:M]_(j <- index_iota a b) F j.
Notation "\asc_ ( a <= j < b ) F" := (ascending a b (fun j => F))
  (at level 36, F at level 36, a, j, b at level 50, format "\asc_ ( a  <=  j  <  b )  F").

Lemma leq_le a b : (a <= b)%N -> (a <= b)%coq_nat.
Proof. by move/leP. Qed.
Lemma le_leq a b : (a <= b)%coq_nat -> (a <= b)%N.
Proof. by move/leP. Qed.
Lemma both_of (a b : bool) : a && b -> a /\ b.
Proof. by move/andP. Qed.
Lemma both (a b : bool) : a -> b -> a && b.
Proof. by move=> -> ->. Qed.

(* Numbers: what is seen at once, else by lia, which knows those of Coq. *)
Ltac arith :=
  intros;
  first
  [ lazymatch goal with |- is_true _ => first [exact isT | assumption | exact (leqnn _) | exact (leqnSn _)] | |- @eq nat _ _ => reflexivity end
  | repeat match goal with
    | H : is_true (andb _ _) |- _ => apply both_of in H; destruct H
    | H : is_true (leq _ _) |- _ => apply leq_le in H
    end;
    repeat match goal with |- is_true (andb _ _) => apply both end;
    try apply le_leq;
    change addn with Nat.add in *; change subn with Nat.sub in *; lia ].

Section Rules.
Variable R : ringType.
Implicit Types (V : zmodType) (a b c : nat).

Lemma desc_empty n a b (F : nat -> 'M[R]_n) : (b <= a)%N -> descending a b F = 1%:M.
Proof. by move=> /eqP ab; rewrite /descending /index_iota ab big_nil. Qed.

Lemma desc_top n a b c (F : nat -> 'M[R]_n) : b = c.+1 -> (a <= c)%N -> descending a b F = F c *m descending a c F.
Proof. by move=> -> ac; rewrite /descending /index_iota subSn // -addn1 iotaD rev_cat big_cons subnKC. Qed.

Lemma desc_split n a b c (F : nat -> 'M[R]_n) : (a <= b)%N -> (b <= c)%N ->
  descending a c F = descending b c F *m descending a b F.
Proof.
move=> ab bc; rewrite -(subnK bc); elim: (c - b)%N => [|k IH].
  by rewrite add0n (@desc_empty _ b b) ?mul1mx.
rewrite (@desc_top _ a _ (k + b)); [|arith|arith].
by rewrite (@desc_top _ b _ (k + b)); [rewrite IH mulmxA ?leq_addl | arith | arith].
Qed.

Lemma join_pp n p a b b' c (F : nat -> 'M[R]_n) (Z : 'M[R]_(n, p)) : b = b' -> (a <= b)%N -> (b <= c)%N ->
  descending b c F *m (descending a b' F *m Z) = descending a c F *m Z.
Proof. by move=> <- ab bc; rewrite (desc_split F ab bc) mulmxA. Qed.

Lemma join_lp n p a b c (F : nat -> 'M[R]_n) X (Z : 'M[R]_(n, p)) : X = F c -> c = b -> (a <= b)%N ->
  X *m (descending a b F *m Z) = descending a c.+1 F *m Z.
Proof. by move=> -> -> ab; rewrite (@desc_top _ a b.+1 b) // mulmxA. Qed.

Lemma join_pl n p a b c (F : nat -> 'M[R]_n) X (Z : 'M[R]_(n, p)) : X = F a -> b = a.+1 -> (b <= c)%N ->
  descending b c F *m (X *m Z) = descending a c F *m Z.
Proof.
move=> -> -> ac; rewrite (@desc_split _ a a.+1 c) // (@desc_top _ a a.+1 a) // (@desc_empty _ a a) //.
by rewrite mulmx1 mulmxA.
Qed.

Lemma desc_same n a b c d (F G : nat -> 'M[R]_n) : (b - a = d - c)%N ->
  (forall k, (k < b - a)%N -> F (a + k)%N = G (c + k)%N) -> descending a b F = descending c d G.
Proof.
rewrite /descending /index_iota => <-; elim: (b - a)%N => [|k IH] FG; first by rewrite !big_nil.
rewrite -addn1 !iotaD !rev_cat !big_cons FG // IH // => l lk; apply: FG; arith.
Qed.

Lemma sum_same V a b c d (F G : nat -> V) : (b - a = d - c)%N ->
  (forall k, (k < b - a)%N -> F (a + k)%N = G (c + k)%N) -> \sum_(a <= i < b) F i = \sum_(c <= i < d) G i.
Proof.
move=> size FG; rewrite -(add0n a) -(add0n c) !big_addn -size !big_mkord.
by apply: eq_bigr => k _; rewrite ![(k + _)%N]addnC FG.
Qed.

Lemma sum_flip V a b c d (F G : nat -> V) : (b - a = d - c)%N ->
  (forall k, (k < b - a)%N -> F (a + k)%N = G (d - k.+1)%N) -> \sum_(a <= i < b) F i = \sum_(c <= i < d) G i.
Proof.
by move=> size FG; rewrite [RHS]big_nat_rev; apply: sum_same => // k kb; rewrite FG //; congr G; arith.
Qed.

Lemma sum_exchange V a b (F : nat -> nat -> V) :
  \sum_(a <= t < b) \sum_(t <= i < b) F t i = \sum_(a <= i < b) \sum_(a <= t < i.+1) F t i.
Proof.
transitivity (\sum_(a <= t < b) \sum_(a <= i < b) if (t <= i)%N then F t i else 0).
  by apply: eq_big_nat => t /andP[at_ _]; rewrite (big_nat_widenl _ _ _ _ _ at_) [LHS]big_mkcond.
rewrite exchange_big_nat; apply: eq_big_nat => i /andP[_ ib].
by rewrite [RHS](big_nat_widen _ _ _ _ _ ib) [RHS]big_mkcond.
Qed.

Definition upto V (F : nat -> V) e := \sum_(1 <= i < e) F i.

Lemma upto_same V e f (F G : nat -> V) : e = f ->
  (forall k, (1 <= k < e)%N -> F k = G k) -> upto F e = upto G f.
Proof. by move=> <- FG; apply: eq_big_nat. Qed.

Lemma boundary V a b (F : nat -> V) : (1 <= a)%N -> (a <= b)%N -> \sum_(a <= i < b) F i = upto F b - upto F a.
Proof. by move=> a1 ab; rewrite /upto (big_cat_nat _ _ _ a1 ab) /= addrAC subrr add0r. Qed.

Lemma boundary0 V b (F : nat -> V) : (0 < b)%N -> \sum_(0 <= i < b) F i = F 0%N + upto F b.
Proof. by move=> b0; rewrite big_ltn. Qed.

Lemma upto1 V (F : nat -> V) : upto F 1 = 0.
Proof. exact: big_geq. Qed.

Lemma uptoS V (F : nat -> V) e : (1 <= e)%N -> upto F e.+1 = upto F e + F e.
Proof. by move=> e1; rewrite /upto big_nat_recr. Qed.

Lemma cancel_one V (x r q : V) : x + r = q -> q = 0 -> x + r = 0.
Proof. by move=> ->. Qed.
Lemma cancel_here V (x y r : V) : x = y -> x + (- y + r) = r.
Proof. by move=> ->; rewrite addrA subrr add0r. Qed.
Lemma cancel_there V (x y r : V) : x = y -> - x + (y + r) = r.
Proof. by move=> ->; rewrite addrA addNr add0r. Qed.
Lemma cancel_next V (x y r q : V) : x + r = q -> x + (y + r) = y + q.
Proof. by move=> <-; rewrite addrCA. Qed.
Lemma product_by_unit n p (A B : 'M[R]_(n, p)) : A *m 1%:M = B *m 1%:M -> A = B.
Proof. by rewrite !mulmx1. Qed.
Lemma add_both V (x x' y y' : V) : x = x' -> y = y' -> x + y = x' + y'.
Proof. by move=> -> ->. Qed.
Lemma opp_both V (x x' : V) : x = x' -> - x = - x'.
Proof. by move=> ->. Qed.
Lemma multiply n m p (A A' : 'M[R]_(n, m)) (B B' : 'M[R]_(m, p)) : A = A' -> B = B' -> A *m B = A' *m B'.
Proof. by move=> -> ->. Qed.
Lemma scale_both (W : lmodType R) (c : R) (x x' : W) : x = x' -> c *: x = c *: x'.
Proof. by move=> ->. Qed.
Lemma by_one n p (A B : 'M[R]_(n, p)) : A *m 1%:M = B -> A = B.
Proof. by rewrite mulmx1. Qed.
Lemma equal_sides V (x x' y y' : V) : x = x' -> y = y' -> x' = y' -> x = y.
Proof. by move=> -> ->. Qed.
(* A formula by what its parts are, so that no more than one sign is looked at at a time. *)
Lemma add_of V (x x' y y' z : V) : x = x' -> y = y' -> x' + y' = z -> x + y = z.
Proof. by move=> -> ->. Qed.
Lemma opp_of V (x x' z : V) : x = x' -> - x' = z -> - x = z.
Proof. by move=> ->. Qed.
Lemma times_of n m p (A A' : 'M[R]_(n, m)) (B B' : 'M[R]_(m, p)) C : A = A' -> B = B' -> A' *m B' = C -> A *m B = C.
Proof. by move=> -> ->. Qed.
Lemma scale_of n p (c : R) (x x' z : 'M[R]_(n, p)) : x = x' -> c *: x' = z -> c *: x = z.
Proof. by move=> ->. Qed.
Lemma opp_add V (x x' y y' : V) : - x = x' -> - y = y' -> - (x + y) = x' + y'.
Proof. by rewrite opprD => -> ->. Qed.
Lemma times_addl n m p (A B : 'M[R]_(n, m)) (C : 'M[R]_(m, p)) D E : A *m C = D -> B *m C = E -> (A + B) *m C = D + E.
Proof. by rewrite mulmxDl => -> ->. Qed.
Lemma times_addr n m p (A B : 'M[R]_(m, p)) (C : 'M[R]_(n, m)) D E : C *m A = D -> C *m B = E -> C *m (A + B) = D + E.
Proof. by rewrite mulmxDr => -> ->. Qed.
Lemma times_oppl n m p (A : 'M[R]_(n, m)) (C : 'M[R]_(m, p)) D E : A *m C = D -> - D = E -> (- A) *m C = E.
Proof. by rewrite mulNmx => -> ->. Qed.
Lemma times_oppr n m p (A : 'M[R]_(m, p)) (C : 'M[R]_(n, m)) D E : C *m A = D -> - D = E -> C *m (- A) = E.
Proof. by rewrite mulmxN => -> ->. Qed.
Lemma scale_add n p (c : R) (x x' y y' : 'M[R]_(n, p)) : c *: x = x' -> c *: y = y' -> c *: (x + y) = x' + y'.
Proof. by rewrite scalerDr => -> ->. Qed.
Lemma scale_opp n p (c : R) (x y z : 'M[R]_(n, p)) : c *: x = y -> - y = z -> c *: (- x) = z.
Proof. by rewrite scalerN => -> ->. Qed.
Lemma scale_sum n p (c : R) a b (F : nat -> 'M[R]_(n, p)) :
  c *: (\sum_(a <= i < b) F i) = \sum_(a <= i < b) c *: F i.
Proof. exact: scaler_sumr. Qed.
Lemma times_suml n m p a b (F : nat -> 'M[R]_(n, m)) (B : 'M[R]_(m, p)) :
  (\sum_(a <= i < b) F i) *m B = \sum_(a <= i < b) F i *m B.
Proof. exact: mulmx_suml. Qed.
Lemma times_sumr n m p a b (A : 'M[R]_(n, m)) (F : nat -> 'M[R]_(m, p)) :
  A *m (\sum_(a <= i < b) F i) = \sum_(a <= i < b) A *m F i.
Proof. exact: mulmx_sumr. Qed.
Lemma scale_twice n p (c d : R) (x : 'M[R]_(n, p)) : c *: (d *: x) = (c * d) *: x.
Proof. exact: scalerA. Qed.
Lemma scale_nothing n p (c : R) : c *: (0 : 'M[R]_(n, p)) = 0.
Proof. exact: scaler0. Qed.
Lemma sum_add V a b (F G : nat -> V) x y : \sum_(a <= i < b) F i = x -> \sum_(a <= i < b) G i = y ->
  \sum_(a <= i < b) (F i + G i) = x + y.
Proof. by rewrite big_split => -> ->. Qed.
Lemma sum_opp V a b (F : nat -> V) x y : \sum_(a <= i < b) F i = x -> - x = y -> \sum_(a <= i < b) - F i = y.
Proof. by rewrite sumrN => -> ->. Qed.
Lemma sum_nothing V a b : \sum_(a <= i < b) (0 : V) = 0.
Proof. exact: big1_eq. Qed.
Lemma sum_body V a b (F G : nat -> V) x : (forall i, (a <= i < b)%N -> F i = G i) -> \sum_(a <= i < b) G i = x ->
  \sum_(a <= i < b) F i = x.
Proof. by move=> FG <-; exact: eq_big_nat. Qed.
Lemma boundary_of V a b (F : nat -> V) x y z r : (1 <= a)%N -> (a <= b)%N -> upto F b = x -> upto F a = y -> - y = z ->
  x + z = r -> \sum_(a <= i < b) F i = r.
Proof. by move=> a1 ab <- <- <- <-; exact: boundary. Qed.
Lemma boundary0_of V b (F : nat -> V) x y z : (0 < b)%N -> F 0%N = x -> upto F b = y -> x + y = z ->
  \sum_(0 <= i < b) F i = z.
Proof. by move=> b0 <- <- <-; exact: boundary0. Qed.
Lemma upto_next V (F : nat -> V) e x y z : (1 <= e)%N -> upto F e = x -> F e = y -> x + y = z -> upto F e.+1 = z.
Proof. by move=> e1 <- <- <-; exact: uptoS. Qed.
Lemma flat_add V (x y r u v : V) : y + r = u -> x + u = v -> (x + y) + r = v.
Proof. by move=> <-; rewrite addrA. Qed.
Lemma flat_opp V (x y r u v : V) : - y + r = u -> - x + u = v -> - (x + y) + r = v.
Proof. by move=> <-; rewrite addrA opprD. Qed.
Lemma flat_twice V (x r u : V) : x + r = u -> - (- x) + r = u.
Proof. by rewrite opprK. Qed.
Lemma flat_zero V (r : V) : - 0 + r = r.
Proof. by rewrite oppr0 add0r. Qed.
Lemma flat_ends V (x y u v : V) : - y + 0 = u -> x + u = v -> v = 0 -> x = y.
Proof. by move=> <-; rewrite addr0 => <- /subr0_eq. Qed.
End Rules.

Ltac letter := first [reflexivity | solve [f_equal; arith]].

(* Two products of letters: equal heads go, an empty product goes, and a product that holds the other head is split;
   so often at most as it is told. *)
Ltac heads same often :=
  lazymatch often with S ?less =>
  rewrite -?mulmxA ?mul1mx;
  first [ reflexivity |
  tryif eapply multiply; [solve [letter | apply: desc_same; [arith | intros; same]] | ] then heads same less else
  lazymatch goal with
  | |- ?x = ?y =>
    first
    [ lazymatch x with descending ?a ?b ?F *m _ => rewrite (@desc_empty _ _ a b F); [|arith] end
    | lazymatch y with descending ?a ?b ?F *m _ => rewrite (@desc_empty _ _ a b F); [|arith] end
    | lazymatch goal with
      | |- descending ?a ?b ?F *m _ = descending ?c ?d ?G *m _ =>
        assert (b = d) by arith;
        first [ rewrite (@desc_split _ _ c a d G); [|arith|arith] | rewrite (@desc_split _ _ a c b F); [|arith|arith] ]
      | |- _ *m _ = descending ?c ?d ?G *m _ => rewrite (@desc_top _ _ c d d.-1 G); [|arith|arith]
      | |- descending ?a ?b ?F *m _ = _ *m _ => rewrite (@desc_top _ _ a b b.-1 F); [|arith|arith]
      end ]; heads same less
  end ] end.

Ltac same :=
  cbv beta;
  first
  [ reflexivity
  | lazymatch goal with
    | |- - _ = - _ => apply: (f_equal -%R); same
    | |- _ *: _ = _ *: _ => apply: (f_equal2 *:%R); [letter | same]
    | |- upto _ _ = upto _ _ => apply: upto_same; [arith | let k := fresh "k" in let h := fresh in move=> k h; same]
    | |- \big[_/_]_(_ <- _) _ = _ =>
       first [ apply: sum_same; [arith | let k := fresh "k" in let h := fresh in move=> k h; same]
             | apply: sum_flip; [arith | let k := fresh "k" in let h := fresh in move=> k h; same] ]
    | |- descending _ _ _ = descending _ _ _ => apply: desc_same; [arith | let k := fresh "k" in let h := fresh in move=> k h; same]
    | |- _ *m _ = _ => apply: product_by_unit; heads same 10%N
    | |- _ = _ *m _ => apply: product_by_unit; heads same 10%N
    | |- descending _ _ _ = _ => apply: product_by_unit; heads same 10%N
    | |- _ = descending _ _ _ => apply: product_by_unit; heads same 10%N
    | |- _ => letter
    end ].

(* The same formula with the letters of its sums moved or turned round. *)
Ltac alike :=
  cbv beta;
  first
  [ reflexivity
  | lazymatch goal with
    | |- _ + _ = _ + _ => apply: add_both; alike
    | |- - _ = - _ => apply: opp_both; alike
    | |- _ *: _ = _ *: _ => apply: (f_equal2 *:%R); [letter | alike]
    | |- \big[_/_]_(_ <- _) _ = \big[_/_]_(_ <- _) _ =>
      first [ apply: sum_same; [arith | let k := fresh "k" in let h := fresh in move=> k h; alike]
            | apply: sum_flip; [arith | let k := fresh "k" in let h := fresh in move=> k h; alike]
            | rewrite sum_exchange; apply: sum_same; [arith | let k := fresh "k" in let h := fresh in move=> k h; alike] ]
    | |- _ *m _ = _ *m _ => first [ apply: multiply; solve [alike] | same ]
    | |- _ => same
    end ].

(* A side as a sum of products, the constants of the bounds of its sums taken out. First it is distributed, from the
   inside out: each of the next four puts one sign over what is distributed already. *)
Ltac known := idtac.
Ltac added :=
  lazymatch goal with
  | |- 0 + _ = _ => exact: add0r
  | |- _ + 0 = _ => exact: addr0
  | |- _ => reflexivity
  end.
Ltac negated :=
  lazymatch goal with
  | |- - 0 = _ => exact: oppr0
  | |- - (- _) = _ => exact: opprK
  | |- - (_ + _) = _ => eapply opp_add; negated
  | |- _ => reflexivity
  end.
Ltac scaled :=
  lazymatch goal with
  | |- _ *: 0 = _ => exact: scale_nothing
  | |- _ *: (_ + _) = _ => eapply scale_add; scaled
  | |- _ *: (- _) = _ => eapply scale_opp; [scaled | negated]
  | |- _ *: (_ *: _) = _ => exact: scale_twice
  | |- _ *: (\big[_/_]_(_ <- _) _) = _ => exact: scale_sum
  | |- _ => reflexivity
  end.
Ltac multiplied :=
  lazymatch goal with
  | |- 0 *m _ = _ => exact: mul0mx
  | |- _ *m 0 = _ => exact: mulmx0
  | |- 1%:M *m _ = _ => exact: mul1mx
  | |- _ *m 1%:M = _ => exact: mulmx1
  | |- (_ + _) *m _ = _ => eapply times_addl; multiplied
  | |- _ *m (_ + _) = _ => eapply times_addr; multiplied
  | |- (- _) *m _ = _ => eapply times_oppl; [multiplied | negated]
  | |- _ *m (- _) = _ => eapply times_oppr; [multiplied | negated]
  | |- (_ *: _) *m _ = _ => eapply etrans; [symmetry; apply: scalemxAl | eapply scale_of; [multiplied | scaled]]
  | |- _ *m (_ *: _) = _ => eapply etrans; [symmetry; apply: scalemxAr | eapply scale_of; [multiplied | scaled]]
  | |- (\big[_/_]_(_ <- _) _) *m _ = _ => exact: times_suml
  | |- _ *m (\big[_/_]_(_ <- _) _) = _ => exact: times_sumr
  | |- _ => reflexivity
  end.
Ltac distribute :=
  lazymatch goal with
  | |- _ + _ = _ => eapply add_of; [distribute | distribute | added]
  | |- - _ = _ => eapply opp_of; [distribute | negated]
  | |- _ *: _ = _ => eapply scale_of; [distribute | scaled]
  | |- _ *m _ = _ => eapply times_of; [distribute | distribute | multiplied]
  | |- _ => reflexivity
  end.
(* Products of one letter, joined where they follow on each other. *)
Ltac join :=
  eapply by_one; rewrite -?mulmxA;
  repeat match goal with
  | |- context [descending ?b ?c ?F *m (descending ?a ?d ?F *m ?Z)] =>
    rewrite (@join_pp _ _ _ a b d c F Z); [|arith|arith|arith]
  | |- context [descending ?b ?c ?F *m (?X *m ?Z)] =>
    lazymatch X with _ ?a => rewrite (@join_pl _ _ _ a b c F X Z); [|reflexivity|arith|arith] end
  | |- context [?X *m (descending ?a ?b ?F *m ?Z)] =>
    lazymatch X with _ ?c => rewrite (@join_lp _ _ _ a b c F X Z); [|reflexivity|arith|arith] end
  end; rewrite ?mulmx1.
(* What stands beyond the constant bound 1 of a sum: upto F e, its last terms F d taken out. *)
Ltac piece :=
  cbv beta; known; cbv beta;
  repeat match goal with |- context [upto ?F ?e.+1] => rewrite (@uptoS _ F e); [|arith] end;
  lazymatch goal with |- context [ @GRing.zero ] => idtac | |- context [upto _ 1] => idtac | |- _ => reflexivity end;
  rewrite ?upto1 ?(mul0mx, mulmx0, addr0, add0r, subr0, sub0r, opprD, oppr0); reflexivity.
Ltac peel :=
  lazymatch goal with
  | |- upto _ 1 = _ => exact: upto1
  | |- upto _ _.+1 = _ => first [ eapply upto_next; [arith | peel | piece | added] | reflexivity ]
  | |- _ => reflexivity
  end.
Ltac edges :=
  lazymatch goal with
  | |- \big[_/_]_(_ <- _) 0 = _ => exact: sum_nothing
  | |- \big[_/_]_(_ <- _) (_ + _) = _ => eapply sum_add; edges
  | |- \big[_/_]_(_ <- _) - _ = _ => eapply sum_opp; [edges | negated]
  | |- _ =>
    first [ eapply boundary_of; [arith | arith | peel | peel | negated | added]
          | eapply boundary0_of; [arith | piece | peel | added] ]
  end.
Ltac expand := cbv beta; known; cbv beta; eapply etrans; [distribute | expanded]
with expanded :=
  lazymatch goal with
  | |- _ + _ = _ => eapply add_of; [expanded | expanded | added]
  | |- - _ = _ => eapply opp_of; [expanded | negated]
  | |- \big[_/_]_(_ <- _) _ = _ =>
    first
    [ rewrite big_geq; [reflexivity | arith]
    | eapply sum_body; [ let i := fresh "i" in let h := fresh in intros i h; expand | cbv beta; edges ] ]
  | |- _ *: _ = _ => eapply scale_both; expanded
  | |- _ *m _ = _ => join; reflexivity
  | |- _ => reflexivity
  end.
(* A sum, and signs in it, with brackets to the right, so that terms that cancel are found. *)
Ltac flat :=
  lazymatch goal with
  | |- 0 + _ = _ => exact: add0r
  | |- - 0 + _ = _ => exact: flat_zero
  | |- (_ + _) + _ = _ => eapply flat_add; flat
  | |- - (_ + _) + _ = _ => eapply flat_opp; flat
  | |- - (- _) + _ = _ => eapply flat_twice; flat
  | |- _ => reflexivity
  end.
Ltac cancel_find :=
  first
  [ lazymatch goal with
    | |- - _ + (- _ + _) = _ => fail
    | |- - _ + (_ + _) = _ => eapply cancel_there; solve [same]
    | |- _ + (- _ + _) = _ => eapply cancel_here; solve [same]
    end
  | lazymatch goal with |- _ + (_ + _) = _ => eapply cancel_next; cancel_find end ].
Ltac cancel :=
  lazymatch goal with
  | |- ?x + _ = _ => eapply cancel_one; [cancel_find | cancel]
  | |- _ => reflexivity
  end.
Ltac group := eapply flat_ends; [flat | flat | cancel].
Ltac settle := first [reflexivity | eapply equal_sides; [expand | expand | group]].
(* With u.+least for a number that is not less, so that a difference such as u.+2 - 1 is seen to be u.+1. *)
Ltac count t least :=
  let u := fresh "u" in let e := fresh in
  have [u e] : exists u, t = iter least succn u;
    [exists (t - least)%N; rewrite /=; arith | simpl in e; subst t; rename u into t; rewrite ?subSS ?subn0].
(* The right side by an equation that has it on its right. *)
Ltac by_lemma next :=
  let e := fresh in have e := next; rewrite ?subSS ?subn0 in e; rewrite -e; [settle | arith..].

(* Counterexamples of whole numbers: a matrix by its rows, one that is left out 0, and both sides computed. *)
Definition table m n (rows : seq (seq int)) : 'M[int]_(m, n) := \matrix_(i, j) nth 0 (nth [::] rows i) j.
Ltac satisfied :=
  first [ by [] | by case=> [|?] //= *; rewrite ?subSS ?subn0 | by apply/matrixP => i j; rewrite !mxE /= ?nth_nil ].
(* A matrix by a function, and what a sum or product of such is by one, so that an entry is computed as a whole. *)
Definition entries m n (f : nat -> nat -> int) : 'M[int]_(m, n) := \matrix_(i, j) f i j.
Lemma entries_table m n rows : table m n rows = entries m n (fun i j => nth 0 (nth [::] rows i) j).
Proof. by []. Qed.
Lemma entries_zero m n : 0 = entries m n (fun _ _ => 0).
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma entries_one n : 1%:M = entries n n (fun i j => if i == j then 1 else 0).
Proof. by apply/matrixP => i j; rewrite !mxE -val_eqE; case: eqP. Qed.
Lemma entries_add m n A B f g : A = entries m n f -> B = entries m n g -> A + B = entries m n (fun i j => f i j + g i j).
Proof. by move=> -> ->; apply/matrixP => i j; rewrite !mxE. Qed.
Lemma entries_opp m n A f : A = entries m n f -> - A = entries m n (fun i j => - f i j).
Proof. by move=> ->; apply/matrixP => i j; rewrite !mxE. Qed.
Lemma entries_times m n p A B f g : A = entries m n f -> B = entries n p g ->
  A *m B = entries m p (fun i k => foldr (fun j rest => f i j * g j k + rest) 0 (iota 0 n)).
Proof.
move=> -> ->; apply/matrixP => i k; rewrite !mxE; transitivity (\sum_(0 <= j < n) f i j * g j k).
  by rewrite big_mkord; apply: eq_bigr => j _; rewrite !mxE.
by rewrite /index_iota subn0; elim: (iota 0 n) => [|j r IH]; rewrite ?big_nil ?big_cons //= IH.
Qed.
Lemma entries_differ m n (A B : 'M[int]_(m, n)) (i : 'I_m) (j : 'I_n) f g : A = entries m n f -> B = entries m n g ->
  (f i j == g i j) = false -> A i j = B i j -> False.
Proof. by move=> -> ->; rewrite !mxE => /eqP. Qed.
Ltac computed :=
  lazymatch goal with
  | |- _ *m _ = _ => eapply entries_times; computed
  | |- _ + _ = _ => eapply entries_add; computed
  | |- - _ = _ => eapply entries_opp; computed
  | |- 0 = _ => exact: entries_zero
  | |- 1%:M = _ => exact: entries_one
  | |- _ => exact: entries_table
  end.
Ltac evaluate :=
  rewrite ?subSS ?subn0 /=;
  repeat (rewrite ?big_cons ?big_nil /descending /ascending /index_iota /= ?subSS ?subn0);
  first
  [ eapply entries_differ; [computed | computed | vm_compute; reflexivity]
  | repeat (rewrite ?mxE ?summxE ?big_ord_recl ?big_ord0 /=); done ].
