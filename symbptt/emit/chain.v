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

Ltac arith :=
  intros;
  repeat match goal with
  | H : is_true (andb _ _) |- _ => case/andP: H => ? ?
  | H : is_true (leq _ _) |- _ => move/leP: H => H
  end;
  repeat match goal with |- is_true (andb _ _) => apply/andP; split end;
  try apply/leP;
  change addn with Nat.add in *; change subn with Nat.sub in *; lia.

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
Lemma by_difference V (x y : V) : x - y + 0 = 0 -> x = y.
Proof. by rewrite addr0 => /subr0_eq. Qed.
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
  [ letter
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

(* A side as a sum of products, the constants of the bounds of its sums taken out. *)
Ltac known := idtac.
Ltac distribute :=
  cbv beta; known; cbv beta;
  (* Only the rules that something in the goal is a case of. *)
  lazymatch goal with
  | |- context [ @GRing.scale ] =>
    rewrite ?(mulmxDl, mulmxDr, mulmxBl, mulmxBr, mulNmx, mulmxN, mulmx_suml, mulmx_sumr, scalerDr, scalerN, scaler_sumr,
              scalerA, mul0mx, mulmx0, scaler0, mul1mx, mulmx1, opprD, opprK, oppr0, addr0, add0r, subr0, sub0r)
            -?scalemxAl -?scalemxAr
  | |- context [ @GRing.opp ] =>
    rewrite ?(mulmxDl, mulmxDr, mulmxBl, mulmxBr, mulNmx, mulmxN, mulmx_suml, mulmx_sumr, mul0mx, mulmx0, mul1mx, mulmx1,
              opprD, opprK, oppr0, addr0, add0r, subr0, sub0r)
  | |- context [ @mulmx ] =>
    rewrite ?(mulmxDl, mulmxDr, mulmx_suml, mulmx_sumr, mul0mx, mulmx0, mul1mx, mulmx1, addr0, add0r)
  | |- _ => rewrite ?(addr0, add0r)
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
Ltac edges :=
  lazymatch goal with
  | |- _ + _ = _ => eapply add_both; edges
  | |- - _ = _ => eapply opp_both; edges
  | |- \big[_/_]_(_ <- _) _ = _ =>
    first [ rewrite big1_eq | rewrite boundary; [|arith|arith] | rewrite boundary0; [|arith] ];
    repeat match goal with |- context [upto ?F ?e.+1] => rewrite (@uptoS _ F e); [|arith] end;
    rewrite ?upto1; cbv beta; known;
    rewrite ?(mul0mx, mulmx0, addr0, add0r, subr0, sub0r, opprD, oppr0); reflexivity
  | |- _ => reflexivity
  end.
Ltac expand :=
  distribute;
  lazymatch goal with
  | |- _ + _ = _ => eapply add_both; expand
  | |- - _ = _ => eapply opp_both; expand
  | |- \big[_/_]_(_ <- _) _ = _ =>
    first
    [ rewrite big_geq; [reflexivity | arith]
    | eapply etrans;
      [ let i := fresh "i" in let h := fresh in eapply eq_big_nat; intros i h; expand
      | cbv beta; rewrite ?(big_split, sumrN) /=; edges ] ]
  | |- _ *: _ = _ => eapply scale_both; expand
  | |- _ *m _ = _ => join; reflexivity
  | |- _ => reflexivity
  end.
Ltac cancel_find :=
  first [ eapply cancel_here; solve [same] | eapply cancel_there; solve [same] | eapply cancel_next; cancel_find ].
Ltac cancel :=
  lazymatch goal with
  | |- ?x + _ = _ => eapply cancel_one; [cancel_find | cancel]
  | |- _ => reflexivity
  end.
Ltac group := apply: by_difference; rewrite ?(opprD, opprK, oppr0, sub0r, subr0) -?addrA ?add0r; cancel.
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
Ltac evaluate :=
  rewrite ?subSS ?subn0 /=;
  repeat (rewrite ?big_cons ?big_nil /descending /ascending /index_iota /= ?subSS ?subn0);
  repeat (rewrite ?mxE ?summxE ?big_ord_recl ?big_ord0 /=).
