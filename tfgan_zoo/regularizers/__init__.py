"""What holds the players in check beside their losses: penalties that need a network, pools."""
